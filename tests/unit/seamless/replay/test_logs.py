"""Reading logs: the formats, what is wrong with a file, and the cases of each procedure's logs."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts.procedures.traffic_fine import JUDGE, POLICE, POST, PREFECTURE, TRAFFIC_FINE, Fine, euro
from contracts.wire.messages import Paid, Reported
from seamless.replay.adapters import ADAPTERS, read_log
from seamless.replay.log import LoggedCase
from seamless.replay.traces import BadLog, read_traces

LOGS = Path(__file__).parents[3] / "commands"
FINES = ADAPTERS[TRAFFIC_FINE.procedure]
EMPTY_XES = '<log xes.version="1.0"><string key="concept:name" value="x"/></log>'


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def fines(path: Path) -> dict[str, LoggedCase]:
    return {case.reference: case for case in read_log(path, FINES)}


# --- formats ------------------------------------------------------------------------------------------------


def test_a_log_says_the_same_as_csv_and_as_xes() -> None:
    assert fines(LOGS / "fines.csv") == fines(LOGS / "fines.xes")


@pytest.mark.parametrize("name", ["fines.csv", "fines.xes"])
def test_a_packed_log_says_the_same(name: str, tmp_path: Path) -> None:
    packed = written(tmp_path, f"{name}.gz", (LOGS / name).read_text("utf-8"))
    assert list(read_traces(packed)) == list(read_traces(LOGS / name))


def test_rows_of_a_case_need_not_stand_together(tmp_path: Path) -> None:
    first, *rows = (LOGS / "fines.csv").read_text("utf-8").splitlines()
    by_time = "\n".join([first, *sorted(rows, key=lambda row: row.split(",")[2])])
    assert fines(written(tmp_path, "by_time.csv", by_time)) == fines(LOGS / "fines.csv")


def test_a_payment_of_nothing_is_noticed_and_told_to_nobody() -> None:
    case = fines(LOGS / "fines.csv")["F1"]
    assert [step.activity for step in case.steps] == ["Payment"]
    assert (case.noticed, case.events) == (["payment-of-nothing"], 3)


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://www.xes-standard.org/"'])
def test_a_trace_of_xes_with_a_namespace_and_without(namespace: str, tmp_path: Path) -> None:
    text = f"""<log xes.version="1849-2016"{namespace}>
      <global scope="trace"><string key="concept:name" value="UNKNOWN"/></global>
      <trace>
        <string key="concept:name" value="T1"/><string key="channel" value="Desk"/>
        <list key="ignored"><string key="inner" value="1"/></list>
        <event>
          <string key="concept:name" value="A &amp; B"/>
          <date key="time:timestamp" value="2011-10-11T13:42:22.000+02:00"/>
          <int key="points" value="2"><string key="meta" value="ignored"/></int><string key="empty" value=""/>
        </event>
      </trace>
    </log>"""
    (trace,) = read_traces(written(tmp_path, "one.xes", text))
    assert trace.reference == "T1"
    assert trace.attributes == {"concept:name": "T1", "channel": "Desk"}
    assert trace.events == [
        {"concept:name": "A & B", "time:timestamp": "2011-10-11T13:42:22.000+02:00", "points": "2"}
    ]


def test_a_log_of_no_cases_is_a_log(tmp_path: Path) -> None:
    assert list(read_traces(written(tmp_path, "none.xes", EMPTY_XES))) == []
    assert list(read_traces(written(tmp_path, "none.csv", "case_id,activity,timestamp\n"))) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("log.txt", "x", r"a log's name ends in \.csv, \.csv\.gz, \.xes or \.xes\.gz"),
        ("log.csv", "", r"lacks the columns case:concept:name \(or case_id\), concept:name \(or activity\)"),
        ("log.csv", "case_id,activity\n", r"lacks the columns time:timestamp \(or timestamp\)"),
        ("log.csv", "case_id,activity,timestamp\nF1,Pay\n", "line 2 has 2 columns, and the first has 3"),
        (
            "log.csv",
            "case_id,activity,timestamp\nF1,,2011-01-01\n",
            "case F1: its event 1 has no concept:name",
        ),
        ("log.xes", "", "no XES: no element found"),
        ("log.xes", "<html></html>", "its root is <html>, not <log>"),
        ("log.xes", "<log><trace></log>", "no XES: mismatched tag: line 1"),
        ("log.xes", "<log><trace><event/></trace></log>", "a case without concept:name"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(name: str, text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadLog, match=said):
        list(read_traces(written(tmp_path, name, text)))


def test_a_file_that_is_not_packed_and_one_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "log.csv.gz").write_text("plain")
    with pytest.raises(BadLog, match="Not a gzipped file"):
        list(read_traces(tmp_path / "log.csv.gz"))
    with pytest.raises(BadLog, match="No such file"):
        list(read_traces(tmp_path / "nothing.xes"))


# --- traffic fines ------------------------------------------------------------------------------------------


def test_a_fine_as_the_log_tells_it() -> None:
    case = fines(LOGS / "fines.csv")["F2"]
    assert case.application == Fine(
        number="F2",
        made=date(2011, 1, 10),
        article="157",
        vehicle="A",
        points=0,
        officer="501",
        amount=euro(Decimal(40)),
        increased=euro(Decimal(80)),
    )
    assert case.events == 7
    assert case.received == datetime(2011, 1, 10, 11, tzinfo=UTC)  # noon in Rome
    assert [(act.name, act.time) for act in case.acts] == [("penalty", datetime(2011, 5, 9, 10, tzinfo=UTC))]
    told = [(step.activity, step.agency, step.message.type) for step in case.steps]
    assert told == [
        ("Send Fine", POLICE, Reported.type),
        ("Insert Fine Notification", POST, Reported.type),
        ("Payment", None, Paid.type),
        ("Payment", None, Paid.type),
        ("Payment", None, Paid.type),
    ]
    assert not case.closes


@pytest.mark.parametrize(("fine", "agency"), [("F4", PREFECTURE), ("F5", JUDGE), ("F6", POLICE)])
def test_who_dismissed_a_fine_says_so_itself(fine: str, agency: str) -> None:
    """The log has it as a letter on another step: that is one row, and two events."""
    case = fines(LOGS / "fines.csv")[fine]
    (dismissal,) = (step for step in case.steps if step.activity == "Dismiss Fine")
    assert (dismissal.agency, dismissal.counts) == (agency, False)


def test_the_clock_is_moved_to_the_penalty_also_where_the_log_ends_before() -> None:
    case = fines(LOGS / "fines.csv")["F9"]
    assert case.until == datetime(2012, 2, 2, 11, tzinfo=UTC)
    cut = FINES.read(next(t for t in read_traces(LOGS / "fines.csv") if t.reference == "F9")._replace(
        events=[event for event in _events("F9") if event["time:timestamp"] < "2011-12-01"]
    ))  # fmt: skip
    assert cut.until == datetime(2011, 12, 30, 11, tzinfo=UTC)


def _events(reference: str) -> list[dict[str, str]]:
    return next(trace.events for trace in read_traces(LOGS / "fines.csv") if trace.reference == reference)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("F1,Payment,2011-01-10,,5", "case F1: it has no 'Create Fine'"),
        ("F1,Create Fine,2011-01-10,,", "'Create Fine' of 2011-01-10 has no amount_eur or amount"),
        ("F1,Create Fine,2011-01-10,many,", "'Create Fine' of 2011-01-10: 'many' is no amount"),
        ("F1,Create Fine,10 January,40,", "case F1: Invalid isoformat string"),
        ("F1,Create Fine,2011-01-10,-40,", "case F1: amount: Input should be greater than or equal to 0"),
    ],
)
def test_what_is_wrong_with_a_case_is_said(row: str, said: str, tmp_path: Path) -> None:
    log = written(tmp_path, "log.csv", f"case_id,activity,timestamp,amount_eur,payment_eur\n{row}\n")
    with pytest.raises(BadLog, match=said):
        fines(log)


# --- permits ------------------------------------------------------------------------------------------------


def test_a_permit_file_without_its_channel_is_refused(tmp_path: Path) -> None:
    log = written(
        tmp_path, "log.csv", "case:concept:name,concept:name,time:timestamp\nown-1,T02,2024-03-04\n"
    )
    with pytest.raises(BadLog, match="case own-1: it lacks case:channel, case:startdate"):
        list(read_log(log, ADAPTERS["permit-receipt"]))


def test_a_step_of_an_unrecorded_group_is_the_municipalitys() -> None:
    cases: dict[str, Any] = {
        case.reference: case for case in read_log(LOGS / "permit_log.csv", ADAPTERS["permit-receipt"])
    }
    assert len(cases) == 3
    assert sum(case.events for case in cases.values()) == 10
    assert {step.agency for case in cases.values() for step in case.steps} >= {"municipality", "group-1"}
