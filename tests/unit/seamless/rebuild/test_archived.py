"""The archive and a recorded log give the same figures, also once all that may be erased was erased."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from bench.rebuild.erased import erase
from bench.rebuild.explored import archive, ledgers
from contracts.terms.directory import load_directory
from contracts.terms.errors import InvalidInput
from seamless.rebuild.archived import log_of
from seamless.rebuild.columns import parsed
from seamless.rebuild.figures import BYS, By
from seamless.rebuild.log import NUMBERS, EventLog
from seamless.rebuild.measuring import measure
from seamless.rebuild.recorded import read_log

PROCEDURE = "tree-felling"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of cases that went every way that the procedure has."""
    file = tmp_path_factory.mktemp("archive") / "archive.db"
    its = ledgers(PROCEDURE, 24, load_directory(), between=timedelta(days=2))
    assert archive(f"sqlite:///{file}", its) > 40
    return file


def read(file: Path, procedure: str = PROCEDURE, as_of: datetime | None = None) -> EventLog:
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as db:
        return log_of(db, procedure, as_of)


def written(log: EventLog) -> Iterator[dict[str, object]]:
    """The rows of a log, as an office would export them. A limit is written as its last day."""
    moment = timedelta(microseconds=1)
    for case in log.cases:
        of_case: dict[str, object] = {
            "case": case.reference,
            "case-start": case.start,
            "case-end": case.end,
            "due": (case.due - moment).date() if case.due else None,
            "promised": (case.promised - moment).date() if case.promised else None,
            "variant": case.variant,
            "silence": None if case.silent is None else str(case.silent),
            **{f"case:{name}": value for name, value in case.attributes.items()},
            **{f"case:{name}": case.numbers.get(name) for name in NUMBERS},
        }
        for step in case.steps:
            yield of_case | {
                "activity": step.activity,
                "completion": step.completed,
                "queued": step.queued,
                "started": step.started,
                "resource": step.resource,
                "group": step.group,
                "outcome": step.outcome,
                "how": step.how,
                "step-due": (step.due - moment).date() if step.due else None,
            }
        if not case.steps:
            yield of_case


@pytest.fixture(scope="module")
def exported(file: Path) -> Path:
    """The same cases as CSV."""
    rows = list(written(read(file)))
    to = file.with_name("log.csv")
    names = list(dict.fromkeys(name for row in rows for name in row))
    with to.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, names)
        writer.writeheader()
        writer.writerows(rows)
    return to


FROM_WHERE = {"name", "columns"}
"""What says where the figures come from."""


@pytest.mark.parametrize("by", BYS)
def test_the_archive_and_its_export_have_the_same_figures(file: Path, exported: Path, by: By) -> None:
    ours, theirs = (
        measure(log, by=by).model_dump(exclude=FROM_WHERE)
        for log in (read(file), read_log(exported, parsed([])))
    )
    assert ours["silence"]["steps"] > 0
    assert ours["whole"]["count"] > 40
    assert theirs == ours


def test_every_figure_is_the_same_once_the_data_is_erased(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "archive.db"
    copy.write_bytes(file.read_bytes())
    before = [measure(read(copy), by=by) for by in BYS]
    assert erase(copy) > 100
    assert [measure(read(copy), by=by) for by in BYS] == before


def test_an_open_case_has_waited_until_now(file: Path) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    assert read(file, as_of=now).as_of == now


def test_a_procedure_without_cases_is_told_with_those_that_have_some(file: Path) -> None:
    with pytest.raises(InvalidInput, match=f"no case of tree-planting .*: {PROCEDURE}"):
        read(file, "tree-planting")
