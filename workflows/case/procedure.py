"""Binding a procedure's class to its catalogue entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from temporalio import workflow

from contracts.terms.service_item import ServiceItem
from workflows.case.case import Case

C = TypeVar("C", bound=Case[Any])


def procedure(item: ServiceItem, law: str | None = None) -> Callable[[type[C]], type[C]]:
    """Make a class the workflow of a service item under one law version; by default the newest.

    A case keeps the law version it was opened under, so the class of an older version stays beside the
    newer one as long as cases run under it.
    """

    def bind(cls: type[C]) -> type[C]:
        cls.item = item
        return workflow.defn(name=item.workflow_type(law or item.laws[-1].id))(cls)

    return bind
