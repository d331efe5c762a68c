"""What a case uses of Temporal: time, waiting, activities and new runs.

No other module of the library calls ``temporalio.workflow`` while a case runs. Tests replace
:class:`Runtime` and run a case without a server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy, SearchAttributeUpdate, TypedSearchAttributes
from temporalio.exceptions import ActivityError, is_cancelled_exception

from contracts.attributes import KINDS
from contracts.attributes import summary as in_bounds
from contracts.platform import (
    AWAIT_GATEWAY,
    PUBLISH,
    Batch,
    Delivered,
    Fence,
    FencePassed,
    Opened,
    Published,
    agency_queue,
)
from contracts.terms.identifiers import RequestId
from contracts.terms.requests import Answer, Request

CHECK_AGAIN = timedelta(hours=6)
"""After so long a check that failed for good is made again: rarely enough for any history."""


class Runtime:
    """A running Temporal workflow. Activities are retried until they succeed."""

    @property
    def run_id(self) -> str:
        """The id of this run of the case."""
        return workflow.info().run_id

    @property
    def was_reset(self) -> bool:
        """Whether an operator's Reset made this run out of an earlier one."""
        info = workflow.info()
        return info.run_id != info.original_execution_run_id

    @property
    def build(self) -> str | None:
        """The build that this task is of, ``<deployment>.<build id>``; None where the worker has no
        deployment version. In a replay it is what Temporal recorded with the task, whatever replays it.
        """
        version = workflow.info().get_current_deployment_version()
        named = version is not None and version.deployment_name and version.build_id
        return version.to_canonical_string() if version is not None and named else None

    def now(self) -> datetime:
        """Temporal's time in this activation, UTC."""
        return workflow.now()

    def patched(self, change: str) -> bool:
        """Whether this run does what a change of the library brought: all do, except where they came here
        before it."""
        return workflow.patched(change)

    def read(self, came: RawValue) -> Delivered:
        """The event that a signal brought."""
        delivered: Delivered = workflow.payload_converter().from_payload(came.payload, Delivered)
        return delivered

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when ``condition`` holds; it is checked whenever everything that is ready has run."""
        await workflow.wait_condition(condition)

    async def settle(self, done: Callable[[], object]) -> None:
        """Return when the activation adds nothing more to what is ``done``, a count of it."""
        await self.until(lambda: True)  # whoever waited for what has come about goes on first
        before: object = None
        while before != (now := done()):
            before = now
            await self.until(lambda: True)

    async def sleep(self, seconds: float, summary: str) -> None:
        """Return after ``seconds``; operators see ``summary`` at the timer."""
        await workflow.sleep(seconds, summary=in_bounds(summary))

    async def publish(self, batch: Batch) -> Published:
        """What was published, once the broker has the whole batch.

        A regular activity: its input is in history before it runs, so a retry repeats the same content.
        """
        published: Published = await workflow.execute_activity(
            PUBLISH,
            batch,
            result_type=Published,
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=RetryPolicy(
                initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)
            ),
            summary=in_bounds(publishing(batch)),
        )
        return published

    async def await_gateway(self, fence: Fence, step: str) -> FencePassed:
        """Return when the case has everything that the broker had received by the deadline of ``step``."""
        passed: FencePassed = await workflow.execute_activity(
            AWAIT_GATEWAY,
            fence,
            result_type=FencePassed,
            start_to_close_timeout=timedelta(seconds=60),
            retry_policy=RetryPolicy(
                initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=10)
            ),
            summary=in_bounds(f"wait until all that is in time for {step} has arrived"),
        )
        return passed

    async def check(
        self, request: Request[Any], request_id: RequestId, unfit: Callable[[Answer], str | None]
    ) -> Answer:
        """The answer of an agency's automated check. One that fails for good is made again after a time: no
        fault of ours is for good, and it is no silence of the agency's either.

        Args:
            unfit: why an answer is none to this request of this case; then the check has failed, too.
        """
        while True:
            try:
                answer: Answer = await workflow.execute_activity(
                    request.name,
                    request,
                    task_queue=agency_queue(request.agency),
                    activity_id=request_id,
                    result_type=request.answer,
                    start_to_close_timeout=timedelta(seconds=30),
                    retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30)),
                    summary=in_bounds(f"automated check by {request.agency}"),
                )
            except ActivityError as failed:
                if is_cancelled_exception(failed):
                    raise
                why: str | None = f"failed for good: {failed.cause}"
            else:
                why = unfit(answer)
                if why is None:
                    return answer
                why = f"does not fit: {why}"
            self.warn(f"the check {request.name} {why}; it is made again", request=request_id)
            await self.sleep(CHECK_AGAIN.total_seconds(), summary=f"{request.name} is made again")

    def warn(self, message: str, **said: Any) -> None:
        """Tell operators in the log; not again when the case is replayed."""
        workflow.logger.warning(message, extra=said)

    def show(self, details: str) -> None:
        """Show operators who has the case; leaves no event in history."""
        workflow.set_current_details(details)

    @property
    def listed(self) -> TypedSearchAttributes:
        """The search attributes of ours by which Temporal lists this run."""
        known = workflow.info().typed_search_attributes
        return TypedSearchAttributes([pair for pair in known if pair.key.name in KINDS])

    def list_by(self, changed: Sequence[SearchAttributeUpdate[Any]]) -> None:
        """Change some of them; an event of history, however many they are."""
        workflow.upsert_search_attributes(changed)

    def continue_as_new(self, opened: Opened[Any]) -> NoReturn:
        """End this run and start the next one with ``opened``, listed as this one is."""
        workflow.continue_as_new(opened, search_attributes=self.listed)


def publishing(batch: Batch) -> str:
    """What is published, for operators, and of whom it is, where an agency has the step: ``publish 3 entries:
    answered (fire-safety), decided, closed``."""
    agencies: dict[str, dict[str, None]] = {}
    for posting in batch.postings:
        of_kind = agencies.setdefault(posting.entry.kind, {})
        if posting.entry.agency is not None:
            of_kind[posting.entry.agency] = None
    told = ", ".join(f"{kind} ({', '.join(ids)})" if ids else kind for kind, ids in agencies.items())
    count = len(batch.postings)
    return f"publish {count} {'entry' if count == 1 else 'entries'}: {told}"
