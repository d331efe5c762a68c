"""What a procedure hands to an agency for good.

It is theirs from then on: no answer is awaited, and what becomes of it is a separate case.
"""

from __future__ import annotations

from typing import Any, ClassVar

from contracts.terms.identifiers import AgencyId
from contracts.terms.wire_names import Named


class HandOver(Named):
    """Something that is handed over. Its fields are the ``content`` of the message.

    Class keywords:
        agency: who gets it, through its own system; without it, the agency that its field ``to`` names.
        basis: the rule that says so.

    Raises:
        TypeError: at definition, where it names no agency and has no such field.
    """

    agency: ClassVar[AgencyId | None]
    basis: ClassVar[str]

    def __init_subclass__(cls, *, basis: str, agency: AgencyId | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.agency, cls.basis = agency, basis
        cls.procedure = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls.agency is None and "to" not in cls.model_fields:
            raise TypeError(
                f"{cls.__name__}: a hand-over says who gets it; write "
                f"class {cls.__name__}(HandOver, agency=..., basis=...), or give it a field to: AgencyId"
            )

    @property
    def receiver(self) -> AgencyId:
        """Who gets it."""
        return self.agency or AgencyId(getattr(self, "to"))  # noqa: B009 - a field that its class declares
