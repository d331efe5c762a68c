"""Heartbeats: a gateway records on the broker that broker and Temporal answer it."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from datetime import timedelta

import structlog
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from contracts.wire.topics import AVAILABILITY
from network.broker.publisher import Publisher, PublishError, Record
from workers.gateway.metrics import HEARTBEAT

log = structlog.get_logger(__name__)

RPC_TIMEOUT = timedelta(seconds=5)


async def keep_beating(publisher: Publisher, client: Client, every_seconds: float) -> None:
    """Beat until cancelled, and only while both servers answer: a gap in the beats is an outage."""
    name = f"{socket.gethostname()}/{os.getpid()}"
    record = Record(AVAILABILITY, name, name.encode())
    well = True
    while True:
        try:
            await client.workflow_service.describe_namespace(
                DescribeNamespaceRequest(namespace=client.namespace), timeout=RPC_TIMEOUT
            )
            await publisher.publish([record])
            HEARTBEAT.is_since(time.time())
            well = True
        except (RPCError, PublishError) as error:
            if well:
                log.warning("no heartbeat: a server is away", error=f"{type(error).__name__}: {error}")
            well = False
        await asyncio.sleep(every_seconds)
