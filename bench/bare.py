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
WORKFLOW = "bare-permit"
ANSWER = "answer"
SEND = "send"
CHECK_DRAINAGE = "check-drainage"

Json = dict[str, Any]

_BRIEFLY = workflow.ActivityConfig(task_queue=AGENCIES_QUEUE, start_to_close_timeout=timedelta(seconds=30))


@workflow.defn(name=WORKFLOW)
class BarePermit:
    """One case: granted, unless an agency refuses. What does not come in time fails it."""

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
        check = await self._ask(
            "construction-permit.check-completeness", {"application": application}, days=5
        )
        if check["outcome"] != "complete":
            return {"outcome": "refused", "reason": "incomplete"}
        shelter = {name: application[name] for name in ("floor_area", "shelter_plan")}
        drainage = {"site": site, "sewage": application["sewage"]}
        reviews = await asyncio.gather(
            self._ask(
                "construction-permit.review-planning", {"site": site, "plan": application["plan"]}, days=10
            ),
            self._ask(
                "construction-permit.review-fire-safety",
                {"site": site, "design": application["design"]},
                days=10,
            ),
            self._ask("construction-permit.review-civil-air-defence", {"site": site, **shelter}, days=8),
            self._ask("construction-permit.review-environment", {"site": site}, days=10),
            workflow.execute_activity(CHECK_DRAINAGE, drainage, result_type=dict, **_BRIEFLY),
        )
        if refused := [review for review in reviews if review["outcome"] == "refuse"]:
            return {"outcome": "refused", "reason": refused[0]["reason"]}
        fee = {"amount": f"{float(application['floor_area']) * 105 + 10:.2f}", "currency": "CNY"}
        await self._ask("pay", {"amount": fee}, days=10)
        decision = {"outcome": "granted", "conditions": []}
        permit = await self._ask(
            "construction-permit.issue-permit",
            {"project": application["project"], "decision": decision},
            days=3,
        )
        await self._ask("construction-permit.deliver-permit", {"document": permit["document"]}, days=5)
        return decision

    async def _ask(self, request: str, content: Json, days: int) -> Json:
        ask = {"case": workflow.info().workflow_id, "request": request, "content": content}
        await workflow.execute_activity(SEND, ask, **_BRIEFLY)
        await workflow.wait_condition(lambda: request in self._answers, timeout=timedelta(days=days))
        return self._answers[request]
