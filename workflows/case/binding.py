"""Making a class the workflow of a service item."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from temporalio import workflow

from contracts.platform import Closing, Opened
from contracts.terms.identifiers import STANDARD, VariantId
from contracts.terms.service_item import ServiceItem
from workflows.case.definition import check
from workflows.case.procedure import Procedure

P = TypeVar("P", bound=Procedure[Any])


def procedure(item: ServiceItem, variant: str = STANDARD) -> Callable[[type[P]], type[P]]:
    """Make a class the workflow of a service item in one variant, under all law versions that know it. Its
    ``run``, which the SDK wants on the class itself, is written here, unless it has one.

    A law version that changes the course names another variant, another class. The class of the old one stays
    beside it as long as cases run in it.

    Raises:
        TypeError: its author made a mistake that can be seen before a case runs; names each with its line.
    """

    def bind(cls: type[P]) -> type[P]:
        cls.item, cls.variant = item, VariantId(variant)
        cls.workflow_type = item.workflow_type(cls.variant)
        if not workflow.unsafe.in_sandbox():  # there it would be checked again for every case
            check(cls, item)
        if "run" not in vars(cls):
            setattr(cls, "run", _run_of(cls, item))  # noqa: B010  # a type checker knows of none
        return workflow.defn(name=cls.workflow_type)(cls)

    return bind


def _run_of(cls: type[P], item: ServiceItem) -> Callable[..., Coroutine[Any, Any, Closing]]:
    """What the SDK requires of a workflow: ``run`` on the class itself, with the types of its input and
    result.

    Raises:
        TypeError: the class has no course.
    """
    if cls.course is Procedure.course or not inspect.iscoroutinefunction(cls.course):
        name = item.application.__name__
        raise TypeError(
            f"{cls.__name__} has no course; write: async def course(self, application: {name}) -> Decision"
        )

    async def run(self: Procedure[Any], opened: Opened[Any]) -> Closing:
        return await self.carry(opened, self.course)

    run.__module__, run.__qualname__ = cls.__module__, f"{cls.__qualname__}.run"
    run.__annotations__ = {"opened": Opened[item.application], "return": Closing}  # type: ignore[name-defined]
    return workflow.run(run)
