"""Goal 8: every figure is the same before and after all erasable data was erased."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import create_engine

from bench.rebuild.explored import archive, ledgers
from bench.rebuild.goals import Goal
from contracts.terms.directory import load_directory
from seamless.rebuild.archived import log_of
from seamless.rebuild.figures import BYS, Measured
from seamless.rebuild.measuring import measure


def unchanged(procedures: Sequence[str], cases: int) -> Iterator[Goal]:
    """Whether a procedure's figures are the same, in every breakdown."""
    for procedure in procedures:
        with tempfile.TemporaryDirectory(prefix="seamless-bench-") as folder:
            file = Path(folder) / "archive.db"
            written = archive(f"sqlite:///{file}", ledgers(procedure, cases, load_directory()))
            before = figures(file, procedure)
            erased = erase(file)
            after = figures(file, procedure)
        told = f"{written} cases, {erased} entries erased, {_count(before)} values"
        yield Goal(f"{procedure}, erased", "every figure the same", told, before == after and erased > 0)


def figures(file: Path, procedure: str) -> list[Measured]:
    """All figures of a procedure, in each breakdown."""
    engine = create_engine(f"sqlite:///{file}")
    try:
        with engine.connect() as db:
            log = log_of(db, procedure, None)
    finally:
        engine.dispose()
    return [measure(log, by=by) for by in BYS]


def erase(file: Path) -> int:
    """Erase all ``data`` of an archive, as the law may want it; how many entries had any."""
    with sqlite3.connect(file) as db:
        rows = db.execute('SELECT "case", sequence, entry FROM ledger').fetchall()
        held = [(case, sequence, json.loads(entry)) for case, sequence, entry in rows]
        for case, sequence, entry in held:
            kept = json.dumps({name: value for name, value in entry.items() if name != "data"})
            db.execute(
                'UPDATE ledger SET entry = ? WHERE "case" = ? AND sequence = ?', (kept, case, sequence)
            )
    db.close()
    return sum("data" in entry for _, _, entry in held)


def _count(found: Sequence[Measured]) -> int:
    """How many values those figures are."""

    def values(of: object) -> int:
        if isinstance(of, dict):
            return sum(map(values, of.values()))
        if isinstance(of, list):
            return sum(map(values, of))
        return 1

    return sum(values(each.model_dump(mode="json")) for each in found)
