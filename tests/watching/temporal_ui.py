"""What operators see in Temporal's UI: the list of cases by a saved query, one case, and its timeline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from temporalio.client import Client, WorkflowExecution
from temporalio.common import SearchAttributeKey

from contracts import attributes
from deploy.local.stack import Stack
from tests.watching.browser import Browser, browser
from workers.process.temporal import connect

COLUMNS = [
    "Workflow ID",
    attributes.PROCEDURE,
    attributes.DUE,
    attributes.OVERDUE,
    attributes.WAITING_FOR,
]
LATE = "SeamlessProcedure = '{}' AND SeamlessOverdue IS NOT NULL AND ExecutionStatus = 'Running'"
FOUND_SECONDS = 120.0
TIMELINE = (
    "[...document.querySelectorAll('h2')].find((each) => each.textContent.trim() === 'Timeline')"
    ".parentElement.parentElement.parentElement"
)
"""The part of the page below the application and the result."""


class TemporalUI:
    """The UI of a Temporal server, in a browser."""

    def __init__(self, page: Browser, address: str, client: Client) -> None:
        self._page = page
        self._client = client
        self._cases = f"{address}/namespaces/{client.namespace}/workflows"

    async def listed(self, view: str, query: str) -> bytes:
        """The list of a query that is saved under a name, by the link that saves it."""
        await self._page.resize(1640, 640)
        link = urlencode({"query": query, "savedQuery": view}, quote_via=quote)
        await self._page.open(f"{self._cases}?{link}", shows="RUNNING")
        return await self._page.picture()

    async def late(self, procedure: str) -> WorkflowExecution:
        """A case of a procedure in which something is overdue, once there is one: of several, that in which
        it became so last, and which stays so longest."""
        due = SearchAttributeKey.for_datetime(attributes.DUE)
        async with asyncio.timeout(FOUND_SECONDS):
            while not (found := await self._late(procedure)):
                await asyncio.sleep(0.5)
        return max(found, key=lambda each: each.typed_search_attributes[due])

    async def _late(self, procedure: str) -> list[WorkflowExecution]:
        return [each async for each in self._client.list_workflows(LATE.format(procedure))]

    async def details(self, procedure: str) -> tuple[WorkflowExecution, bytes]:
        """A late case of a procedure, and its picture: what it is, and who has it until when. It is another
        case, where the first one has ended before its picture was taken."""
        while True:
            case = await self.late(procedure)
            await self._page.resize(1440, 600)
            await self._page.open(self._address(case, "user-metadata"), shows="Current Details")
            picture = await self._page.picture()
            if case.id in [each.id for each in await self._late(procedure)]:
                return case, picture

    async def timeline(self, case: WorkflowExecution) -> bytes:
        """The timeline of a case, without the data above it: the application is personal."""
        await self._page.resize(1280, 2000)
        await self._page.open(self._address(case, "timeline"), shows="publish • ")
        return await self._page.picture(TIMELINE)

    def _address(self, case: WorkflowExecution, part: str) -> str:
        return f"{self._cases}/{case.id}/{case.run_id}/{part}"


@asynccontextmanager
async def temporal_ui(stack: Stack, profile: Path) -> AsyncIterator[TemporalUI]:
    """The UI of a stack's own Temporal. The columns are chosen, as a person does once below the list.

    Args:
        profile: an empty folder, for the browser.
    """
    assert stack.temporal is not None
    client = await connect(stack.settings)
    async with browser(profile) as page:
        columns = {client.namespace: [{"label": each} for each in COLUMNS]}
        await page.keep({"namespace-workflow-table-columns": columns, "navOpen": False})
        yield TemporalUI(page, stack.temporal.ui_address, client)
