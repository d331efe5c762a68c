"""Checks of the Temporal namespace: that it exists, how long it keeps cases, and its search attributes."""

from __future__ import annotations

from datetime import timedelta

from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, DescribeNamespaceResponse
from temporalio.service import RPCError, RPCStatusCode

from contracts.attributes import KINDS
from workers.process.checks.check import Finding, well, wrong
from workers.process.checks.servers import Servers
from workers.process.temporal import RPC_TIMEOUT, indexed_as

RETENTION_AT_LEAST = timedelta(days=1)
"""How long a closed case must stay in Temporal. The gateway needs half an hour, for cases that an archive
which is behind does not know yet; the rest is for people who look up in the history why a case ended."""

NOT_FOR_US = {RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED}
"""What a server says that shows its search attributes to administrators alone."""


async def namespace(servers: Servers) -> Finding:
    """The namespace exists. Temporal answers for one that does not as it does for an unknown case."""
    settings = servers.settings
    compared = f"the namespace {settings.namespace!r} with those of Temporal at {settings.temporal}"
    if await described(servers) is not None:
        return well(compared)
    return wrong(
        f"{compared}: there is none of this name",
        f"set SEAMLESS_NAMESPACE, or make it with: temporal operator namespace create "
        f"--namespace {settings.namespace} --retention 90d",
    )


async def namespace_retention(servers: Servers) -> Finding:
    """Closed cases stay in Temporal for long enough."""
    name = servers.settings.namespace
    found = await described(servers)
    if found is None:
        return no_namespace(name)
    kept = found.config.workflow_execution_retention_ttl.ToTimedelta()
    compared = (
        f"retention of closed cases in {name!r}, {_told(kept)}, with the least, {_told(RETENTION_AT_LEAST)}"
    )
    if kept >= RETENTION_AT_LEAST:
        return well(compared)
    return wrong(
        compared, f"set it with: temporal operator namespace update --namespace {name} --retention 90d"
    )


async def search_attributes(servers: Servers) -> Finding:
    """The namespace has the search attributes of cases, each of its type. With one that it lacks, no case
    could be opened, and those that set it later would fail at every step."""
    name = servers.settings.namespace
    if await described(servers) is None:
        return no_namespace(name)
    compared = f"the search attributes {', '.join(KINDS)} with those of {name!r}"
    try:
        known = await servers.temporal.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=name), timeout=RPC_TIMEOUT
        )
    except RPCError as error:
        if error.status in NOT_FOR_US:
            return well(f"{compared}: the server does not show them to us, so nothing was compared")
        raise
    types = known.custom_attributes
    if other := [each for each in KINDS if each in types and types[each] != indexed_as(KINDS[each])]:
        options = " ".join(f"--name {each}" for each in other)
        return wrong(
            f"{compared}: {', '.join(f'{each} has to be of type {KINDS[each]}' for each in other)}",
            f"remove them with: temporal operator search-attribute remove --namespace {name} {options}",
        )
    missing = [each for each in KINDS if each not in types]
    if not missing:
        return well(compared)
    options = " ".join(f"--name {each} --type {KINDS[each]}" for each in missing)
    return wrong(
        f"{compared}: {', '.join(missing)} missing",
        f"make them with: temporal operator search-attribute create --namespace {name} {options}",
    )


async def described(servers: Servers) -> DescribeNamespaceResponse | None:
    """The namespace; None when there is none of this name."""
    try:
        return await servers.temporal.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=servers.settings.namespace), timeout=RPC_TIMEOUT
        )
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise


def no_namespace(name: str) -> Finding:
    """What is found of a namespace that does not exist."""
    return wrong(f"nothing, since there is no namespace {name!r}", "see the check namespace")


def _told(span: timedelta) -> str:
    return f"{span / timedelta(days=1):g} d"
