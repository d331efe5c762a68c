"""The names of what a procedure asks and hands over, as used on the wire: ``<procedure>.<class>``.

So two procedures may have classes of the same name, and no class can be mistaken for a verb, whose steps have
no dot in their names.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from contracts.terms.identifiers import ProcedureId, dashed
from contracts.terms.values import Contract


class Named(Contract):
    """Something that a procedure asks, or hands over. The procedure's service item lists its class; that
    gives it its name.

    Attributes:
        local_name: the class's own name, dashed: ``review-fire-safety``.
        procedure: the procedure whose service item lists it; None until one does.
        name: the name on the wire, once there is one: ``construction-permit.review-fire-safety``.
    """

    local_name: ClassVar[str]
    procedure: ClassVar[ProcedureId | None] = None
    name: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.local_name = dashed(cls.__name__)

    @classmethod
    def bind(cls, procedure: ProcedureId) -> None:
        """Give the class to a procedure.

        Raises:
            TypeError: another procedure has it, or another class has its name in this one.
        """
        if cls.procedure not in (None, procedure):
            raise TypeError(
                f"{cls.__name__}: the service item of {cls.procedure!r} lists it already; "
                f"write a class of its own for {procedure!r}"
            )
        name = f"{procedure}.{cls.local_name}"
        other = _NAMED.setdefault(name, cls)
        if other is not cls:
            raise TypeError(
                f"{cls.__name__}: {other.__module__}.{other.__name__} has the name {name!r} already; "
                "name the class otherwise"
            )
        cls.procedure, cls.name = procedure, name

    @classmethod
    def bound(cls) -> type[Self]:
        """This class.

        Raises:
            TypeError: no service item lists it, so it has no name on the wire.
        """
        if cls.procedure is None:
            raise TypeError(f"{cls.__name__}: no service item lists it; add it to that of its procedure")
        return cls


_NAMED: dict[str, type[Named]] = {}
