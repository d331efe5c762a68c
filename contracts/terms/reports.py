"""What agencies report without being asked: a report type names the step, who may take it and its content.

Not every procedure is a series of questions. A police force reports that a fine was notified, a back office
that it confirmed a receipt. A step without a report type may be reported, too: it is recorded as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import ValidationError

from contracts.terms.errors import Refusal, refusal_of
from contracts.terms.identifiers import AgencyId
from contracts.terms.values import Statement


class Report(Statement):
    """A step that was taken. Its fields are the ``content`` of the event.

    Class keywords:
        step: the procedure's word for it, unique over all procedures.
        by: the agencies that may report it; without any, each may.

    Raises:
        TypeError: at definition, where another report type has this step.
    """

    step: ClassVar[str]
    by: ClassVar[tuple[AgencyId, ...]]

    def __init_subclass__(cls, *, step: str, by: Sequence[AgencyId] = (), **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.step, cls.by = step, tuple(by)
        if step in REPORTS:
            raise TypeError(f"{cls.__name__}: {REPORTS[step].__name__} reports the step {step!r} already")
        REPORTS[step] = cls


REPORTS: dict[str, type[Report]] = {}
"""Every report type by its step, as defined; the gateway checks reports against it."""


def report_of(step: str, content: Mapping[str, Any], reporter: str) -> Report | None:
    """The report of a step; None where the step has no report type.

    Args:
        content: what was reported of it.
        reporter: the id of the agency that reports it.

    Raises:
        Refusal: this agency may not report the step, or the content does not fit it.
    """
    kind = REPORTS.get(step)
    if kind is None:
        return None
    if kind.by and reporter not in kind.by:
        detail = f"data.step: {kind.step!r} is reported by {', '.join(kind.by)}, not by {reporter!r}"
        raise Refusal("wrong-source", detail, "data.step")
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise refusal_of(error, under="data.content") from None
