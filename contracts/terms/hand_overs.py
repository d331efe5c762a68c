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
        agency: who gets it, through its own system.
        basis: the rule that says so.
    """

    agency: ClassVar[AgencyId]
    basis: ClassVar[str]

    def __init_subclass__(cls, *, agency: AgencyId, basis: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.agency, cls.basis = agency, basis
        cls.procedure = None
