"""Mistakes that are told before a case runs: by the class's definition, with the line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from contracts.platform import Closing, Opened
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT, Application
from contracts.procedures.traffic_fine import TRAFFIC_FINE
from contracts.terms.decisions import Decision
from workflows.case import Procedure, procedure
from workflows.case.definition import NOT_AWAITED

ROOT = Path(__file__).parents[4]

MODULE = """
from __future__ import annotations
import asyncio
import asyncio as aio
import time
from asyncio import wait_for as awaited
from temporalio import workflow
from contracts.procedures.construction_permit import *
from contracts.procedures.traffic_fine import CollectDebt
from contracts.terms import decisions
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.limits import working_days
from workflows.case import Lapsed, Procedure, procedure

async def named():
    await asyncio.sleep(1)

async def not_named():
    await asyncio.sleep(1)

@procedure(CONSTRUCTION_PERMIT)
class Written(Procedure[Application]):
    async def course(self, application: Application) -> Decision:
        {line}
        return await self.decide(Grant())
"""

Write = Callable[[str], ModuleType]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Defines a procedure whose course has this line, in a module of its own."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def define(line: str) -> ModuleType:
        (tmp_path / "written.py").write_text(MODULE.format(line=line), "utf-8")
        sys.modules.pop("written", None)
        return __import__("written")

    yield define
    sys.modules.pop("written", None)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("await asyncio.sleep(1)", "asyncio.sleep is not for a course: give the verb its limit instead"),
        ("async with aio.timeout(5): pass", "asyncio.timeout is not for a course: give the verb its limit"),
        ("await awaited(self.accept(), 5)", "asyncio.wait_for is not for a course: give the verb its limit"),
        ("await asyncio.wait([])", "asyncio.wait is not for a course: run branches in asyncio.TaskGroup"),
        ("await workflow.sleep(5)", "temporalio.workflow.sleep is not for a course: give the verb its limit"),
        ("time.sleep(5)", "time.sleep is not for a course"),
        (
            "return await self.decide(Refuse(reason='fee-unpaid'))",
            "'fee-unpaid' is none of the reason codes of construction-permit: plan-not-conform, ",
        ),
        (
            "return await self.decide(decisions.Refuse(reason=application.project or 'fee-unpaid'))",
            "codes of construction-permit: plan-not-conform, fire-safety-insufficient, shelter-",
        ),
        ("raise Lapsed('fee-unpaid')", "'fee-unpaid' is none of the reason codes"),
        (
            "await self.supplement(application, [], within=working_days(5), otherwise='fee-unpaid')",
            "'fee-unpaid' is none of the reason codes",
        ),
        (
            "async with self.within(working_days(5), 'intake', otherwise='fee-unpaid'): pass",
            "'fee-unpaid' is none of the reason codes",
        ),
        (
            "async with self.suspended('Awb 4:15'): pass",
            "no law version of construction-permit has 'Awb 4:15' among its suspensions: ",
        ),
        (
            "await self.extend(working_days(5), basis='Awb 3:18', approved=application)",
            "no law version of construction-permit has 'Awb 3:18' among its extensions: ",
        ),
        (
            "CollectDebt",
            "CollectDebt is not listed in its service item: add it to hand_overs=(...) there",
        ),
        (
            "await self.mark('unusal')",
            "mark('unusal'): the marks of construction-permit are: permit-outstanding, permit-undelivered",
        ),
        (
            "await self.ask_all(ReviewEnvironment(site=application.site), stop_at='refused')",
            "stop_at='refused' is no outcome of what is asked; there are: consent, consent-with-",
        ),
    ],
)
def test_a_mistake_in_a_course_is_told_with_its_line(write: Write, line: str, told: str) -> None:
    with pytest.raises(TypeError) as failed:
        write(line)
    assert str(failed.value).startswith("Written cannot be run:\nwritten, line 24: ")
    assert told in str(failed.value)


def test_all_mistakes_are_told_at_once_also_those_of_a_function_that_the_course_uses(write: Write) -> None:
    with pytest.raises(TypeError) as failed:
        write("await named(); raise Lapsed('fee-unpaid')")
    told = str(failed.value).splitlines()
    assert [line.partition(": ")[0] for line in told[1:]] == ["written, line 24", "written, line 16"]


@pytest.mark.parametrize(
    "line",
    [
        "asyncio.TaskGroup()",
        "await asyncio.gather(self.accept())",
        "await self.ask_all(*[], stop_at=application.project)",
        "await self.decide(Refuse(reason='fee-not-paid' if application.plan else 'review-refused'))",
    ],
)
def test_what_is_none_is_let_through(write: Write, line: str) -> None:
    assert write(line).Written.workflow_type.startswith("construction-permit")


def test_a_class_without_a_course() -> None:
    with pytest.raises(
        TypeError, match=r"Empty has no course; write: async def course\(self, application: Ap"
    ):

        @procedure(CONSTRUCTION_PERMIT)
        class Empty(Procedure[Application]):
            pass


def test_a_class_of_another_application() -> None:
    with pytest.raises(TypeError, match=r"write Procedure\[Fine\], not Procedure\[Application\]"):

        @procedure(TRAFFIC_FINE)
        class Foreign(Procedure[Application]):
            async def course(self, application: Application) -> Decision:
                raise NotImplementedError


def test_the_run_that_is_written_for_a_procedure_is_what_the_sdk_wants(write: Write) -> None:
    run = write("pass").Written.run
    assert (run.__module__, run.__qualname__) == ("written", "Written.run")
    assert run.__annotations__ == {"opened": Opened[Application], "return": Closing}


def test_the_linter_refuses_in_workflows_what_a_definition_does() -> None:
    """``make lint`` tells it before anything is run."""
    wanted = [name for name in NOT_AWAITED if name.startswith("asyncio.")]
    source = "import asyncio\n" + "".join(f"{name}\n" for name in wanted)
    ruff = Path(sys.executable).parent / "ruff"
    place = [
        "--stdin-filename",
        "workflows/tree_felling.py",
        "--select",
        "TID251",
        "--output-format",
        "concise",
    ]
    found = subprocess.run(
        [ruff, "check", "--no-cache", *place, "-"], cwd=ROOT, input=source, text=True, capture_output=True
    )
    assert found.stdout.count("TID251") == len(wanted)
    assert "`asyncio.timeout` is banned: A course has no time-outs of its own" in found.stdout
