"""Time that an author's test lets pass: what falls due at its very end has taken effect when it goes on."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio.client import Client

from contracts.procedures.tree_felling import InspectTree
from contracts.wire.messages import Requested
from seamless.testing import case_of
from tests.applications import tree
from workflows.tree_felling import TreeFelling


async def test_what_is_due_when_time_has_passed_has_taken_effect(temporal: Client) -> None:
    async with case_of(TreeFelling, tree(), temporal) as case:
        await case.asked(InspectTree)
        [said] = [data for kind, data in case.letters("agency:parks") if kind == Requested.type]
        end = datetime.fromisoformat(said["binding_end"])
        await case.passes(end - case.now + timedelta(seconds=1))
        assert {"deemed", "lapsed", "referred"} & set(case.kinds), case.kinds
