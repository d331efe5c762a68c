"""The names of a new procedure: what its files, its class and its service item are called."""

from __future__ import annotations

import builtins
import keyword
from typing import NamedTuple

from contracts.terms.bounds import printable
from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import ProcedureId

LONGEST_NAME = 40
"""Characters of a name: so that a narrow terminal shows it in one line."""

LONGEST_TITLE = 40
"""Characters of a title: in Chinese, twice as many columns."""


class Names(NamedTuple):
    """What a new procedure is called where.

    Attributes:
        name: in the catalogue, and its workflow type.
        module: of its contract and its workflow.
        cls: its workflow class.
        constant: its service item.
        title: for docstrings.
    """

    name: ProcedureId
    module: str
    cls: str
    constant: str
    title: str


def names_of(name: str) -> Names:
    """
    Raises:
        InvalidInput: a procedure cannot have this name, or its modules cannot; says what to do.
    """
    try:
        procedure = ProcedureId(name)
    except ValueError as error:
        raise InvalidInput(f"{error}: small letters and digits, with dashes between them") from None
    if len(name) > LONGEST_NAME:
        raise InvalidInput(f"{name!r} has more than {LONGEST_NAME} characters: choose a shorter name")
    words = procedure.split("-")
    module, cls = "_".join(words), "".join(word.capitalize() for word in words)
    names = Names(procedure, module, cls, module.upper(), " ".join(words).capitalize())
    if not module.isidentifier():
        raise InvalidInput(f"{name!r} begins with a digit, and a Python module cannot: put a word before it")
    if keyword.iskeyword(module) or keyword.iskeyword(cls) or hasattr(builtins, cls):
        raise InvalidInput(f"{name!r} is a word of Python's own: {_longer(names)}")
    if cls == names.constant:
        raise InvalidInput(f"{name!r} is too short to be distinguished from its class: {_longer(names)}")
    return names


def check_free(names: Names, taken: set[str]) -> None:
    """Return if neither the class nor the service item has a name that is taken.

    Raises:
        InvalidInput: one has; says what to do.
    """
    if hidden := sorted({names.cls, names.constant} & taken):
        raise InvalidInput(f"{names.name!r} would hide {hidden[0]}, which is there already: {_longer(names)}")


def _longer(names: Names) -> str:
    return f"choose a longer name, as {names.name}-permit"


def title_of(given: str | None, otherwise: str) -> str:
    """A title that was given; without one, the other.

    Raises:
        InvalidInput: it is empty, too long, or not for people to read.
    """
    title = otherwise[:LONGEST_TITLE].strip() if given is None else given
    if not title.strip() or len(title) > LONGEST_TITLE or printable(title) != title or "\n" in title:
        raise InvalidInput(
            f"no title is {title[: 2 * LONGEST_TITLE]!r}: it has 1 to {LONGEST_TITLE} characters in one line"
        )
    return title
