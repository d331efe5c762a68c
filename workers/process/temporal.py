"""The one place where a process gets its Temporal client."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode

from contracts.terms.errors import Unavailable
from workers.process.settings import Settings

log = structlog.get_logger(__name__)

RPC_TIMEOUT = timedelta(seconds=10)

SEARCH_ATTRIBUTES = {"SeamlessProcedure": "Keyword", "SeamlessLaw": "Keyword", "SeamlessChannel": "Keyword"}
"""The search attributes that cases are started with, by name and type."""


async def connect(settings: Settings) -> Client:
    """A client of the administration's namespace.

    Raises:
        Unavailable: nobody answers at the address, or the server has no such namespace.
    """
    try:
        client = await Client.connect(
            settings.temporal, namespace=settings.namespace, data_converter=pydantic_data_converter
        )
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=settings.namespace), timeout=RPC_TIMEOUT
        )
    except (RPCError, RuntimeError) as error:
        if isinstance(error, RPCError) and error.status == RPCStatusCode.NOT_FOUND:
            raise Unavailable(
                f"the Temporal server at {settings.temporal} has no namespace {settings.namespace!r}: "
                "make it, or set SEAMLESS_NAMESPACE"
            ) from None
        raise Unavailable(
            f"no Temporal server answers at {settings.temporal}: start one or set SEAMLESS_TEMPORAL. {error}"
        ) from None
    return client


async def await_temporal(
    settings: Settings, *, pause_seconds: float = 1, log_every_seconds: float = 30
) -> Client:
    """A client of the administration's namespace, once the server answers; for workers that may start first.
    Logs now and then that it waits."""
    clock = asyncio.get_running_loop().time
    log_at = clock()
    while True:
        try:
            return await connect(settings)
        except Unavailable as error:
            if clock() >= log_at:
                log.warning("waiting for Temporal", temporal=settings.temporal, error=str(error))
                log_at = clock() + log_every_seconds
        await asyncio.sleep(pause_seconds)


async def register_search_attributes(client: Client) -> None:
    """Register those of :data:`SEARCH_ATTRIBUTES` that a server lacks which is not ours.

    Raises:
        Unavailable: the server does not let us.
    """
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        missing = {name for name in SEARCH_ATTRIBUTES if name not in known.custom_attributes}
        if missing:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(
                    namespace=client.namespace,
                    search_attributes=dict.fromkeys(missing, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD),
                )
            )
    except RPCError as error:
        names = ", ".join(SEARCH_ATTRIBUTES)
        raise Unavailable(
            f"namespace {client.namespace} needs the search attributes {names} (Keyword): {error}"
        ) from None
