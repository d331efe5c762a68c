"""``seamless procedure predict``: tables or JSON, from a log or from what is stated; errors with a cure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seamless.rebuild.twin.logged import event_log
from seamless.rebuild.twin.world import Registries
from tests.unit.seamless.cli.running import Said, command
from tests.unit.seamless.rebuild.twin.worlds import conditions, ran

FEW = ("--runs", "2", "--cases", "20")
STATED = ("tree-felling", "--time", "inspect-tree=1d..2d", "--time", "collect=1d", "--arrivals", "1")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of tree felling, with beginnings and officers."""
    of = conditions("tree-felling", days=(0.5, 1.5), a_day=1.2)
    world = ran(of, 80, making=Registries().of(of).case)
    groups = {"agency:parks": "City parks"}  # as another system calls it
    rows = [
        "case_id,activity,timestamp,queued,start_timestamp,group,resource,outcome,case:startdate,case:enddate"
    ]
    for case in event_log(world.cases, "", world.now).cases:
        for step in case.steps:
            started = step.started.isoformat() if step.started else ""
            assert step.completed is not None
            assert step.queued is not None
            assert case.end is not None
            values = (
                case.reference,
                step.activity,
                step.completed.isoformat(),
                step.queued.isoformat(),
                started,
            )
            of_step = (groups.get(step.group or "", "the applicant"), step.resource or "", step.outcome or "")
            rows.append(",".join([*values, *of_step, case.start.isoformat(), case.end.isoformat()]))
    file = tmp_path_factory.mktemp("logs") / "trees.csv"
    file.write_text("\n".join(rows), "utf-8")
    return file


def predicted(*words: object, **settings: str) -> Said:
    said = command("procedure", "predict", *map(str, words), *FEW, **settings)
    assert said.code == 0, said
    return said


def test_the_gain_is_told_first_then_who_has_the_cases_and_who_waits(log: Path) -> None:
    said = predicted("tree-felling", "--from", log, "--load", "+40%").out
    assert said.index("The applicant's whole time is expected to rise") < said.index("Who has the cases")
    assert "Parks" in said
    assert "2.0 → 2.0" in said


def test_it_is_told_in_chinese(log: Path) -> None:
    said = predicted("tree-felling", "--from", log, "--officers", "parks=+1", "--lang", "zh").out
    assert "申请人的总时间预计" in said
    assert "办件在谁手中" in said


def test_another_variant_needs_the_times_of_what_the_log_does_not_know(log: Path) -> None:
    words = ("tree-felling", "--from", log, "--instead", "added-review")
    said = command("procedure", "predict", *map(str, words), *FEW)
    assert said.code == 2
    assert "--time review-habitat=1d..3d" in said.err
    found = json.loads(predicted(*words, "--time", "review-habitat=1d..2d", "--json").out)
    assert found["after"]["name"] == "tree-felling.added-review@2026"
    assert found["learned"]
    assert found["gain"]["low"] <= found["gain"]["value"] <= found["gain"]["high"]


def test_what_is_stated_needs_no_log_and_what_is_assumed_is_said() -> None:
    said = predicted(*STATED, "--staff", "parks=2", "--batch", "inspect-tree=mon,thu").out
    assert "All times were stated" in said
    assert "Assumed" not in said
    said = predicted("tree-felling", "--assume").out
    assert "Inspect the tree: 25 to 95 % of its limit" in said
    assert "one application a working day" in said


def test_the_same_seed_says_the_same() -> None:
    one, other = (predicted(*STATED, "--load", "+50%", "--seed", "7", "--json").out for _ in range(2))
    assert one == other
    assert predicted(*STATED, "--load", "+50%", "--seed", "8", "--json").out != one


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["no-such"], "there is no procedure"),
        (["log.csv"], "log.csv is a log; name the procedure whose code is run: NAME --from log.csv"),
        (["tree-felling"], "--time collect=1d..3d --time inspect-tree=1d..3d, or --assume"),
        (["tree-felling", "--instead", "bundle"], "has no variant"),
        (["tree-felling", "--time", "inspect=1d"], "there is no step 'inspect'; there are: inspect-tree"),
        (["tree-felling", "--time", "inspect-tree=soon"], "write 2d, 4h or 1d..3d"),
        (["tree-felling", "--time", "inspect-tree=3d..1d"], "begins with the longer time"),
        (["tree-felling", "--time", "inspect-tree"], "names no value"),
        (["tree-felling", "--officers", "fire=+1"], "there is no agency 'fire'; there are: parks"),
        (["tree-felling", "--officers", "parks=some"], "write 3, +1 or -1"),
        (["tree-felling", "--officers", "parks=+1", "--assume"], "not known how many it has"),
        (["tree-felling", "--staff", "parks=2", "--officers", "parks=-2", "--assume"], "would leave none"),
        (["tree-felling", "--staff", "parks=+2"], "without a sign"),
        (["tree-felling", "--batch", "inspect-tree=monday"], "write some of mon, tue"),
        (["tree-felling", "--load", "more"], "write +15%, -10% or 120%"),
        (["tree-felling", "--outcome", "inspect-tree=cut:5%"], "with one of: fell, keep"),
        (["tree-felling", "--outcome", "inspect-tree=keep:120%"], "more than 100%"),
        (["tree-felling", "--hours", "17-9"], "opens before it closes"),
        (["tree-felling", "--calendar", "xx"], "no calendar 'xx'"),
        (["tree-felling", "--from", "here"], "is no log"),
        (["tree-felling", "--from", "missing.csv"], "missing.csv"),
        (["tree-felling", "--map", "group=desk"], "give --from LOG"),
        (
            ["opening-restaurant.chain", "--assume", "--staff", "market-regulation=1", "--arrivals", "9"],
            "market-regulation does not keep up in opening-restaurant.chain",
        ),
    ],
)
def test_a_mistake_is_named_with_its_cure(words: list[str], told: str) -> None:
    said = command("procedure", "predict", *words, *FEW)
    assert said.code == 2, said
    assert told in " ".join(said.err.split()), said.err


def test_too_few_cases_teach_nothing(log: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.csv"
    short.write_text("\n".join(log.read_text("utf-8").splitlines()[:12]), "utf-8")
    said = command("procedure", "predict", "tree-felling", "--from", str(short), *FEW)
    assert said.code == 2
    assert "fewer than 20 of them have ended" in " ".join(said.err.split())
