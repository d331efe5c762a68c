"""``python -m tests.replay.record [COURSE ...]``: records histories of cases on a real Temporal server.

They go to ``histories/<version>/``, of the version in ``pyproject.toml``. Those of earlier versions stay:
cases that began under them may still run, and today's code has to carry them on. So a version is
recorded again only as long as it has not been released.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sys
import tempfile
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import WorkflowRunner

from contracts.attributes import KINDS
from contracts.platform import CASES_QUEUE, Closing, Opened
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import AdministrationId
from deploy.local.temporal import TemporalEngine
from seamless.explore.driven import AS_OPENED
from seamless.replay.clock import TEMPORAL_CONFIG
from tests.applications import ADMINISTRATION, new_case
from tests.cases.conftest import CaseUnderTest, Post, case_worker
from tests.replay import assignments
from tests.replay.courses import COURSES, Course
from tests.replay.replaying import HISTORIES, SMALL_RUNS, small_runs
from workers.orchestrator.sandbox import sandbox
from workers.process.run import run_main


async def record() -> None:
    """Record the courses that are named, or every course again."""
    folder, named = HISTORIES / version(), sys.argv[1:]
    if unknown := set(named) - {course.name for course in COURSES} - {assignments.NAME}:
        raise InvalidInput(f"there is no course {', '.join(sorted(unknown))}")
    if not named:
        shutil.rmtree(folder, ignore_errors=True)
    (folder / assignments.FOLDER).mkdir(parents=True, exist_ok=True)
    async with server() as client:
        for course in (each for each in COURSES if not named or each.name in named):
            if SMALL_RUNS in course.name:
                with small_runs() as runner:
                    runs = await runs_of(client, course, runner)
            else:
                runs = await runs_of(client, course, sandbox())
            for number, run in enumerate(runs, start=1):
                suffix = f".{number}" if len(runs) > 1 else ""
                write(folder / f"{course.name}{suffix}.json", run)
        if not named or assignments.NAME in named:
            for number, run in enumerate(await assignments.recorded(client), start=1):
                write(folder / assignments.FOLDER / f"{assignments.NAME}.{number}.json", run)


async def runs_of(client: Client, course: Course, runner: WorkflowRunner) -> list[WorkflowHistory]:
    """Carry a case to its end; the histories of its runs, in order."""
    post = Post()
    async with case_worker(client, post, workflow_runner=runner):
        case = await opened(client, post, course)
        await course.events(case)
        await case.result()
    runs, run = [], case.handle.first_execution_run_id
    while run:
        runs.append(await client.get_workflow_handle(case.id, run_id=run).fetch_history())
        end = runs[-1].events[-1]
        run = end.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return runs


async def opened(client: Client, post: Post, course: Course) -> CaseUnderTest:
    """A case, opened as the gateway does it."""
    case, item, now = new_case(), CATALOGUE[course.procedure], datetime.now(UTC)
    start = Opened[Any](
        case=case,
        procedure=item.procedure,
        law=course.law or item.laws[-1].id,
        variant=course.variant,
        administration=AdministrationId(ADMINISTRATION),
        channel=case.channel,
        calendar=course.calendar,
        checks=course.checks,
        application=course.application,
        cause="urn:cn-demo:channel:portal#1",
        secret=secrets.token_hex(32),
        occurred=course.since or now,
        received=course.since or now,
        behind=now - (course.since or now),
    )
    handle = await client.start_workflow(
        item.workflow_type(start.variant),
        start,
        id=case,
        task_queue=CASES_QUEUE,
        result_type=Closing,
        search_attributes=AS_OPENED,
    )
    return CaseUnderTest(case, client, handle, post)


def write(path: Path, history: WorkflowHistory) -> None:
    """Write a history, one event a line: small, and a difference can be read."""
    events = json.loads(history.to_json())["events"]
    lines = ",\n".join(json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in events)
    path.write_text(f'{{"events":[\n{lines}\n]}}\n', "utf-8")
    print(f"{path.relative_to(HISTORIES)}: {len(events)} events, {path.stat().st_size:,} bytes")


def version() -> str:
    """The version that is being made."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


@asynccontextmanager
async def server() -> AsyncIterator[Client]:
    """A Temporal server of its own."""
    with tempfile.TemporaryDirectory(prefix="seamless-record-") as folder:
        async with TemporalEngine(
            Path(folder), dynamic_config=TEMPORAL_CONFIG, search_attributes=KINDS
        ) as engine:
            yield await Client.connect(engine.address, data_converter=pydantic_data_converter)


if __name__ == "__main__":
    run_main(record)
