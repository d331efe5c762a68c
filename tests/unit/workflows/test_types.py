"""What a type checker tells an author, and what it lets through. The whole of mypy on one course."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

COURSE = """
from contracts.procedures.construction_permit import *
from contracts.terms.decisions import Decision, Grant, Refuse
from workflows.case import Procedure

class Permit(Procedure[Application]):
    async def course(self, application: Application) -> Decision:
        complete = CheckCompleteness(application=application)
        drainage = ReviewDrainage(site=application.site, sewage=application.sewage)
        answers = await self.ask_all(complete, drainage)
        reveal_type(answers.of(complete))
        reveal_type(answers.of(ReviewDrainage))
        reveal_type(answers.first("refuse"))
        alike = await self.ask_all(drainage, ReviewEnvironment(site=application.site))
        reveal_type(alike.first("refuse"))
        reveal_type(await self.decide(Grant()))
        if application.floor_area > 5:
            return await self.decide(Grant() if application.plan else Refuse(reason="fee-not-paid"))
        return await self.decide(Grant(condition="a tank"))
"""


def test_an_authors_types(tmp_path: Path) -> None:
    file = tmp_path / "permit.py"
    file.write_text(COURSE, "utf-8")
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    told = [line.partition(": ")[2] for line in found.stdout.splitlines()]
    assert [
        line.split('"')[1].replace("contracts.procedures.construction_permit.", "") for line in told[:5]
    ] == [
        "Completeness | None",
        "Review | None",
        "contracts.terms.requests.Answer | None",
        "Review | None",
        "contracts.terms.decisions.Grant",
    ], found.stdout
    (error,) = (line for line in told if line.startswith("error: "))
    assert error.startswith('error: Unexpected keyword argument "condition" for "Grant"'), found.stdout
