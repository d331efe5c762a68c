"""The names of a procedure's steps: each belongs to one verb, one request type or one hand-over type.

A step is recorded under its name and an ordinal, ``review-planning/1``. Were a request type called
``Collect``, its steps would be taken for those of the verb ``collect``.
"""

from __future__ import annotations

VERBS = frozenset(
    {
        "accept",
        "charge",
        "collect",
        "decide",
        "extend",
        "mark",
        "notify",
        "supplement",
        "suspended",
        "today",
        "within",
    }
)
"""The steps of the verbs of ``workflows.case.Procedure``. Those of ``wait_for`` begin with ``wait-for-``."""

_CLAIMED: dict[str, type] = {}


def claim(name: str, owner: type) -> None:
    """Take a step name for a class.

    Raises:
        TypeError: it is a verb's, or another class has it.
    """
    if name in VERBS or name.startswith("wait-for-"):
        raise TypeError(f"{owner.__name__}: {name!r} is the name of a verb's steps; name the class otherwise")
    other = _CLAIMED.setdefault(name, owner)
    if other is not owner:
        raise TypeError(
            f"{owner.__name__}: {other.__module__}.{other.__name__} has the step name {name!r} already; "
            "name the class otherwise"
        )
