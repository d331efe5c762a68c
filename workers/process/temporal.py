"""The one place where a process gets its Temporal client."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import cache

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode

from contracts.attributes import KINDS
from contracts.terms.errors import Unavailable
from contracts.terms.identifiers import dashed
from workers.process.identity import Identity
from workers.process.sdk_metrics import SDK_METRICS
from workers.process.settings import Settings

RPC_TIMEOUT = timedelta(seconds=10)

SIGNAL_LIMIT = "limit for signal events"
"""What the server's text says when a run has had all the signals it takes (10,000). Its status code has
changed between versions of the server, the text has not."""


def is_of_namespace(error: RPCError) -> bool:
    """Whether Temporal lacks the namespace. It answers that as it answers for a case that it does not know,
    and it says nothing of the case."""
    return "namespace" in error.message.lower()


async def connect(settings: Settings, process: str = "seamless") -> Client:
    """A client of the administration's namespace.

    Args:
        process: who that is, see :class:`workers.process.identity.Identity`.

    Raises:
        Unavailable: nobody answers at the address, or the server has no such namespace.
    """
    client = await connect_to_server(settings, process)
    try:
        await answers(client)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise Unavailable(
                f"the Temporal server at {settings.temporal} has no namespace {settings.namespace!r}: "
                "make it, or set SEAMLESS_NAMESPACE"
            ) from None
        raise _no_server(settings, error) from None
    return client


async def await_temporal(settings: Settings, process: str, *, pause_seconds: float = 1) -> Client:
    """A client of the administration's namespace, once the server answers."""
    while True:
        try:
            return await connect(settings, process)
        except Unavailable:
            await asyncio.sleep(pause_seconds)


async def connect_to_server(settings: Settings, process: str = "seamless") -> Client:
    """A client of the server; whether it has the namespace is not asked.

    Raises:
        Unavailable: nobody answers at the address.
    """
    try:
        async with asyncio.timeout(RPC_TIMEOUT.total_seconds()):
            return await Client.connect(
                settings.temporal,
                namespace=settings.namespace,
                data_converter=pydantic_data_converter,
                identity=str(Identity.here(process, settings.build)),
                runtime=_runtime(),
            )
    except TimeoutError:
        raise _no_server(settings, "It accepts connections and does not answer; it hangs") from None
    except (RPCError, RuntimeError) as error:
        raise _no_server(settings, error) from None


async def answers(client: Client, *, within: timedelta = RPC_TIMEOUT) -> None:
    """Return if the server answers and has the client's namespace.

    Raises:
        RPCError: not so. ``NOT_FOUND``: there is no such namespace.
    """
    await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.namespace), timeout=within
    )


def _no_server(settings: Settings, error: Exception | str) -> Unavailable:
    return Unavailable(
        f"no Temporal server answers at {settings.temporal}: start one or set SEAMLESS_TEMPORAL. {error}"
    )


@cache
def _runtime() -> Runtime:
    """The SDK's runtime, which writes its warnings to our log: by itself it prints them beside it. Its
    metrics are among those of a process that shows any."""
    forwarded = LogForwardingConfig(
        logging.getLogger("temporalio.core"), append_target_to_name=False, prepend_target_on_message=False
    )
    logs = LoggingConfig(LoggingConfig.default.filter, forwarding=forwarded)
    return SDK_METRICS.runtime(
        lambda metrics: Runtime(
            telemetry=TelemetryConfig(logging=logs, metrics=metrics, attach_service_name=False)
        )
    )


async def register_search_attributes(client: Client) -> None:
    """Register those search attributes of cases that a server lacks which is not ours.

    Raises:
        Unavailable: the server does not let us.
    """
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        missing = [name for name in KINDS if name not in known.custom_attributes]
        if missing:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(
                    namespace=client.namespace,
                    search_attributes={name: indexed_as(KINDS[name]) for name in missing},
                )
            )
    except RPCError as error:
        needed = ", ".join(f"{name} ({kind})" for name, kind in KINDS.items())
        raise Unavailable(
            f"namespace {client.namespace} needs the search attributes {needed}: {error}"
        ) from None


def indexed_as(kind: str) -> IndexedValueType.ValueType:
    """A type of search attributes, as the server has it: of ``KeywordList``, for example."""
    return IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{dashed(kind).replace('-', '_').upper()}")
