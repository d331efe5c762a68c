"""A recorded log is read as it is meant, and what cannot be read is told with row, field and cure."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.terms.errors import InvalidInput
from seamless.rebuild.columns import parsed
from seamless.rebuild.log import EventLog, ends_unknown
from seamless.rebuild.measuring import measure
from seamless.rebuild.page import page
from seamless.rebuild.ranking import rank
from seamless.rebuild.recorded import read_log
from seamless.rebuild.windows import Length

PLAIN = """case_id,activity,timestamp,resource,group,urgent
a,receive,2026-03-02T09:00:00+08:00,r1,intake,yes
a,review,2026-03-04T09:00:00+08:00,r2,planning,
b,receive,2026-03-03T09:00:00+08:00,r1,intake,no
a,grant,2026-03-05T09:00:00+08:00,r1,intake,
"""


def at(day: int, hour: int = 1) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def read(folder: Path, text: str, *given: str, name: str = "log.csv", **more: object) -> EventLog:
    file = folder / name
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return read_log(file, parsed(given), **more)  # type: ignore[arg-type]


def test_cases_steps_and_what_else_is_known(tmp_path: Path) -> None:
    log = read(tmp_path, PLAIN, ending=["grant"])
    first, second = log.cases
    assert [(step.activity, step.completed, step.group) for step in first.steps] == [
        ("receive", at(2), "intake"),
        ("review", at(4), "planning"),
        ("grant", at(5), "intake"),
    ]
    assert (first.start, first.end, first.attributes) == (at(2), at(5), {"urgent": "yes"})
    assert (second.end, log.as_of, log.ends) == (None, at(5), "stated")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("log.csv.gz", PLAIN),
        ("log.csv", "\ufeff" + PLAIN),
        ("log.csv", PLAIN.replace(",", ";")),
        ("log.CSV", PLAIN.replace("\n", "\r\n")),
        ("log.csv", "\n".join(f"{n or ''},{line}" for n, line in enumerate(PLAIN.splitlines()))),
        ("log.csv", PLAIN.replace("\n", ",,\n")),
    ],
)
def test_however_it_is_saved_it_is_the_same_log(tmp_path: Path, name: str, text: str) -> None:
    assert read(tmp_path, text, name=name).cases == read(tmp_path, PLAIN).cases


def test_what_a_chinese_office_saves_is_read(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(PLAIN.replace("review", "规划审查").encode("gb18030"))
    assert read_log(tmp_path / "log.csv").cases[0].steps[1].activity == "规划审查"


def test_columns_are_known_by_their_usual_names_also_in_chinese(tmp_path: Path) -> None:
    german = "activity;case;start;end;org:role\npay;1;02.03.2026 13:29;02.03.2026 13:40;Accounting\n"
    found = read(tmp_path, german, time_format="%d.%m.%Y %H:%M").cases[0]
    assert (found.steps[0].group, found.steps[0].started, found.start) == (
        "Accounting",
        datetime(2026, 3, 2, 13, 29, tzinfo=UTC),
        datetime(2026, 3, 2, 13, 29, tzinfo=UTC),
    )
    chinese = "办件编号,环节,完成时间,部门,经办人,办结时间\n1,受理,2026-03-02,规划局,王,2026-03-05\n"
    found = read(tmp_path, chinese).cases[0]
    assert (found.steps[0].activity, found.steps[0].group, found.end) == (
        "受理",
        "规划局",
        datetime(2026, 3, 5, tzinfo=UTC),
    )


XES = """<?xml version="1.0"?><log xmlns="http://www.xes-standard.org/">
<trace><string key="concept:name" value="a"/><string key="channel" value="desk"/>{}</trace></log>"""
XES_EVENT = """<event>
<string key="concept:name" value="{}"/><string key="lifecycle:transition" value="{}"/>
<string key="org:group" value="{}"/>
<date key="time:timestamp" value="2026-03-{:02}T09:00:00+08:00"/></event>"""


def test_beginnings_and_ends_of_a_step_are_one_step(tmp_path: Path) -> None:
    rows = [
        ("review", "schedule", "planning", 2),
        ("review", "start", "planning", 4),
        ("review", "suspend", "planning", 5),
        ("grant", "start", "intake", 5),
        ("review", "complete", "planning", 6),
        ("review", "start", "planning", 7),
        ("grant", "ate_abort", "intake", 8),
    ]
    text = XES.format("".join(XES_EVENT.format(*row) for row in rows))
    log = read(tmp_path, text, name="log.xes")
    steps = [(s.activity, s.queued, s.started, s.completed, s.how) for s in log.cases[0].steps]
    assert steps == [
        ("review", at(2), at(4), at(6), None),
        ("grant", None, at(5), at(8), "stopped"),
        ("review", None, at(7), None, None),
    ]
    assert log.passed_over == {"other-lifecycle": 1}
    assert log.cases[0].attributes == {"channel": "desk"}


def test_an_activity_that_usually_is_the_last_is_assumed_to_end_a_case(tmp_path: Path) -> None:
    rows = [f"{case},{name},2026-03-0{day}" for case in "abcde" for day, name in ((2, "make"), (3, "pay"))]
    log = read(tmp_path, "\n".join(["case,activity,timestamp", *rows, "f,make,2026-03-05"]))
    assert (log.ends, log.ending, log.by_day) == ("assumed", {"pay"}, True)
    assert [case.end is None for case in log.cases] == [False] * 5 + [True]


def test_where_no_activity_is_the_last_no_end_is_known(tmp_path: Path) -> None:
    rows = ["a,x,2026-03-02", "a,y,2026-03-03", "b,y,2026-03-02", "b,x,2026-03-03"]
    log = read(tmp_path, "\n".join(["case,activity,timestamp", *rows]))
    assert (log.ends, log.ending) == ("unknown", frozenset())


def test_where_most_cases_are_over_without_a_usual_last_step_no_end_is_assumed(tmp_path: Path) -> None:
    """They are paid and delivered in either order; to call all but the cancelled ones open would be wrong."""
    rows = []
    for number in range(40):
        cancelled = number % 10 == 0
        last = ("cancel",) if cancelled else ("pay", "deliver") if number % 2 else ("deliver", "pay")
        rows += [f"{number},{step},2026-03-{day:02}" for day, step in enumerate(("order", *last), start=1)]
    rows.append("late,order,2026-12-01")
    log = read(tmp_path, "case,activity,timestamp\n" + "\n".join(rows))
    assert (log.ends, {case.end for case in log.cases}) == ("unknown", {None})
    assert "The last steps of its cases: 'deliver' in 49%, 'pay' in 39%, 'cancel' in 10%" in ends_unknown(log)


def test_what_the_applicant_does_may_be_stated_where_no_column_says_so(tmp_path: Path) -> None:
    """Then the time that it takes is theirs, and is no handoff that an office could rebuild."""
    rows = [
        f"{case},{name},2026-03-{case % 9 + 3 * nth + case * nth % 3 + 1:02}"
        for case in range(20)
        for nth, name in enumerate(("make", "check", "pay", "file"))
    ]
    text = "\n".join(["case,activity,timestamp", *rows])
    unknown, stated = read(tmp_path, text), read(tmp_path, text, applicant=["pay"])
    assert "who-held" in measure(unknown).not_known
    found = measure(stated)
    assert "who-held" not in found.not_known
    assert {part.name for part in found.holders} == {None, "applicant"}
    assert found.handoffs.between == "activities"
    assert [row.key for row in measure(stated, by="handoff").rows if "pay" in row.key]
    week = Length(7, "d")
    assert ("check", "pay") in [each.key for each in rank(unknown, length=week).targets]
    ranking = rank(stated, length=week)
    assert ("check", "pay") not in [each.key for each in ranking.targets]
    assert ranking.applicants > 0
    with pytest.raises(InvalidInput, match="--applicant lay: there is no such activity; there are: check, "):
        read(tmp_path, text, applicant=["lay"])


def test_who_is_responsible_is_an_officer_and_no_attribute(tmp_path: Path) -> None:
    text = PLAIN.replace("urgent", "responsible").replace("yes", "r1").replace("no", "r2")
    assert read(tmp_path, text).cases[0].attributes == {}


def test_as_it_stood_at_an_instant_nothing_is_known_of_later(tmp_path: Path) -> None:
    seen = read(tmp_path, PLAIN, ending=["grant"]).as_seen(at(3))
    assert [(case.reference, case.end, len(case.steps)) for case in seen.cases] == [
        ("a", None, 1),
        ("b", None, 1),
    ]
    assert seen.as_of == at(3)


def test_a_case_that_ends_before_it_starts_is_passed_over_and_told(tmp_path: Path) -> None:
    text = "case,activity,timestamp,case-end\na,x,2026-03-02,2026-03-01\nb,x,2026-03-02,2026-03-03\n"
    log = read(tmp_path, text)
    assert (len(log.cases), log.passed_over) == (1, {"ends-before-it-starts": 1})


FIRST = "case,activity,timestamp,begun,end,cost\n"


@pytest.mark.parametrize(
    ("text", "given", "told"),
    [
        (
            "case,timestamp\na,2026-03-02\n",
            (),
            "no column for activity: .* case, timestamp; .*--map activity=",
        ),
        (PLAIN, ("group=office",), "there is no such column; the log has the columns case_id, "),
        (PLAIN, ("colour=urgent",), "'colour' is no field; there are: case, activity, "),
        (PLAIN, ("group",), "write FIELD=COLUMN"),
        (PLAIN, ("group=a", "group=b"), "group is said twice"),
        (PLAIN, ("group=resource",), "officers are not compared"),
        (PLAIN.replace("intake", "r1").replace("planning", "r2"), (), "officers are not compared"),
        ("case,activity,timestamp\n", (), "it has no rows"),
        ("case,case,timestamp\n", (), "'case' is there twice"),
        (PLAIN + "c,receive\n", (), "line 6 has 2 columns, and line 1 has 6"),
        (PLAIN + "c,,2026-03-02T09:00:00+08:00,,,\n", (), "line 6, column activity .* has no value"),
        (PLAIN + ",x,2026-03-02T09:00:00+08:00,,,\n", (), "line 6, column case_id .* has no value"),
        (PLAIN + "c,x,,,,\n", (), "line 6, column timestamp .completion.: has no value"),
        (
            PLAIN + "c,x,2026-13-02,,,\n",
            (),
            "line 6, column timestamp .*'2026-13-02' is no time .* --time-format",
        ),
        (PLAIN + "c,x,2026-03-02 09:00,,,\n", (), "line 2 has an offset from UTC, line 6 has none"),
        (FIRST + "a,x,2026-03-02,2026-03-03,,\n", ("start=begun",), "'2026-03-03' is after the completion"),
        (
            FIRST + "a,x,2026-03-02,,2026-03-04,\na,y,2026-03-02,,2026-03-05,\n",
            ("case-end=end",),
            "line 3, column end .* is not what line 2 says of case a",
        ),
        (FIRST + "a,x,2026-03-02,,,much\n", (), "line 2, column cost .* 'much' is no number.*--map cost="),
        (FIRST + "a,x,2026-03-02,,,1e999\n", (), "line 2, column cost .* '1e999' is no number"),
        (FIRST + "a,x,2026-03-02,,9999-12-31,\n", ("due=end",), "'9999-12-31' is too late for a limit"),
        (FIRST + "a,x,2026-03-02,,2026-03-01,\n", ("case-end=end",), "every case ends before it starts"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_a_cure(
    tmp_path: Path, text: str, given: tuple[str, ...], told: str
) -> None:
    with pytest.raises(InvalidInput, match=told):
        read(tmp_path, text, *given)


def test_a_stated_end_that_nothing_has_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no such activity; there are: grant, receive, review"):
        read(tmp_path, PLAIN, ending=["Grant"])


def test_times_are_read_as_a_person_says(tmp_path: Path) -> None:
    text = PLAIN.replace("2026-03-0", "2026/3/").replace("T", " ").replace(":00+08:00", "")
    with pytest.raises(InvalidInput, match=r"line 2, .*'2026/3/2 09:00' is no time of ISO 8601"):
        read(tmp_path, text)
    log = read(tmp_path, text, time_format="%Y/%m/%d %H:%M")
    assert log.cases[0].start == datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("name", ["log.txt", "log.xes"])
def test_what_is_no_log_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        read(tmp_path, "nothing", name=name)


@pytest.mark.parametrize("zone", ["", "T00:00:00+14:00", "T23:59:59-12:00"])
def test_the_first_and_the_last_day_of_all_time_are_times(tmp_path: Path, zone: str) -> None:
    text = f"case,activity,timestamp\na,x,0001-01-01{zone}\na,y,9999-12-31{zone}\n"
    found = measure(read(tmp_path, text, ending=["y"]), by="month")
    assert (found.cases, found.open) == (1, 0)
    assert page(found, "zh")
