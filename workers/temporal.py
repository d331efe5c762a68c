"""The one place where a process gets its Temporal client."""

from __future__ import annotations

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from workers.entry import UsageError
from workers.settings import Settings

SEARCH_ATTRIBUTES = {"SeamlessProcedure": "Keyword", "SeamlessLaw": "Keyword", "SeamlessChannel": "Keyword"}
"""The search attributes that cases are started with, by name and type."""


async def connect(settings: Settings) -> Client:
    """A client of the administration's namespace.

    Raises:
        UsageError: nobody answers at the address.
    """
    try:
        return await Client.connect(
            settings.temporal, namespace=settings.namespace, data_converter=pydantic_data_converter
        )
    except (RPCError, RuntimeError) as error:
        raise UsageError(
            f"no Temporal server answers at {settings.temporal}: start one or set SEAMLESS_TEMPORAL. {error}",
            exit_code=3,
        ) from None
