"""The sandbox in which cases run: it keeps what is in ``workflows/`` deterministic."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import (
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

PASSED_THROUGH = ("contracts", "rfc8785", "workflows.case")
"""What the sandbox does not import again for every case: that was two fifths of the orchestrator's time. It
still guards the procedures that authors write; the case library has its own tests."""


def sandbox(without: Collection[str] = ()) -> WorkflowRunner:
    """The runner of every worker that carries cases.

    Args:
        without: the workflow types that run outside the sandbox. It may grow: a case that runs already leaves
            the sandbox when its worker loads it the next time.
    """
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return _CaseRunner(SandboxedWorkflowRunner(restrictions=restrictions), without)


class _CaseRunner(WorkflowRunner):
    """Runs each workflow type in the sandbox or outside it; its instances say that payloads are converted the
    same in every context.

    The SDK asks an instance for the context of every payload, and the sandbox compiles and runs code to
    answer: a fifth of the orchestrator's time. Our converter has no use for the answer. One that has, such as
    a codec with a key for each case, has to do without this class.
    """

    def __init__(self, sandboxed: WorkflowRunner, without: Collection[str]) -> None:
        self._sandboxed = sandboxed
        self._plain = UnsandboxedWorkflowRunner()
        self._without = without

    def prepare_workflow(self, defn: Any) -> None:
        self._sandboxed.prepare_workflow(defn)
        self._plain.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        runner = self._plain if det.defn.name in self._without else self._sandboxed
        return _ContextFreeInstance(runner.create_instance(det))

    def set_worker_level_failure_exception_types(self, types: Any) -> None:
        for runner in (self._sandboxed, self._plain):
            runner.set_worker_level_failure_exception_types(types)


class _ContextFreeInstance(WorkflowInstance):
    def __init__(self, inner: WorkflowInstance) -> None:
        self._inner = inner

    def activate(self, act: Any) -> Any:
        return self._inner.activate(act)

    def get_serialization_context(self, command_info: Any) -> None:
        return None

    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:
        return StorageDriverStoreContext(target=None)

    def get_info(self) -> Any:
        return self._inner.get_info()

    def get_thread_id(self) -> int | None:
        return self._inner.get_thread_id()
