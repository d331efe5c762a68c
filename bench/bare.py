"""The bare program: what a construction permit asks and is answered, in plain temporalio.

No gateway, no ledger, no contracts, no notices; payloads are plain JSON. Per ask: one activity that hands
the request to the agencies' process, one timer for its deadline, and the answer by signal. The drainage
check answers as an activity's result. So it shows what Temporal itself costs for such a case.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow

CASES_QUEUE = "bare-cases"
AGENCIES_QUEUE = "bare-agencies"
ANSWER = "answer"
SEND = "send"
CHECK_DRAINAGE = "check-drainage"

SHORT = timedelta(seconds=30)
"""How long an activity may take."""

Json = dict[str, Any]


@workflow.defn(name="bare-permit")
class BarePermit:
    """One case, granted unless an agency refuses or something does not come in time."""

    def __init__(self) -> None:
        self._answers: dict[str, Json] = {}

    @workflow.signal(name=ANSWER)
    def answer(self, request: str, answer: Json) -> None:
        """Take the answer to a request."""
        self._answers[request] = answer

    @workflow.run
    async def run(self, application: Json) -> Json:
        """Carry the case to its decision."""
        site = application["site"]
        check = await self._ask("housing", "check-completeness", {"application": application}, days=5)
        if check["outcome"] != "complete":
            return {"outcome": "refused", "reason": "incomplete"}
        shelter = {key: application[key] for key in ("floor_area", "shelter_plan")}
        reviews = await asyncio.gather(
            self._ask("planning", "review-planning", {"site": site, "plan": application["plan"]}, days=10),
            self._ask("fire-safety", "review-fire-safety", {"site": site, "design": application["design"]}, days=10),
            self._ask("civil-air-defence", "review-civil-air-defence", {"site": site, **shelter}, days=8),
            self._ask("environment", "review-environment", {"site": site}, days=10),
            workflow.execute_activity(
                CHECK_DRAINAGE,
                {"site": site, "sewage": application["sewage"]},
                task_queue=AGENCIES_QUEUE,
                start_to_close_timeout=SHORT,
                result_type=dict,
            ),
        )
        if refused := [review for review in reviews if review["outcome"] == "refuse"]:
            return {"outcome": "refused", "reason": refused[0]["reason"]}
        fee = {"amount": f"{float(application['floor_area']) * 105 + 10:.2f}", "currency": "CNY"}
        await self._ask("applicant", "pay", {"amount": fee}, days=10)
        decision = {"outcome": "granted", "conditions": []}
        issue = {"project": application["project"], "decision": decision}
        permit = await self._ask("housing", "issue-permit", issue, days=3)
        await self._ask("service-hall", "deliver-permit", {"document": permit["document"]}, days=5)
        return decision

    async def _ask(self, party: str, request: str, content: Json, days: int) -> Json:
        """Ask, and wait for the answer; fails the case when none came in time."""
        await workflow.execute_activity(
            SEND,
            {"case": workflow.info().workflow_id, "party": party, "request": request, "content": content},
            task_queue=AGENCIES_QUEUE,
            start_to_close_timeout=SHORT,
        )
        await workflow.wait_condition(lambda: request in self._answers, timeout=timedelta(days=days))
        return self._answers[request]
