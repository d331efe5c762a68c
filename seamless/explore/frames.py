"""What the rest of a course can still see: where its coroutines stand, and the values they may yet read.

Two cases whose courses stand at the same places with the same values go on in the same way, whatever came
before. So this distinguishes states, not the path to them.

Read are the frames of suspended coroutines: local names that code after the place may read, and what lies on
the evaluation stack, such as the iterator of a loop; the latter only CPython's garbage collector shows. A
value that cannot be compared makes its state one of a kind: then more is explored, never less.
"""

from __future__ import annotations

import asyncio
import dis
import gc
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import pairwise
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FrameType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, NamedTuple

from pydantic import BaseModel

from workflows.case import Answers, Procedure
from workflows.case.journal import Journal

_OURS = ("workflows.case", "seamless.explore.")
_LIBRARIES = ("asyncio", "contextlib", "temporalio", "pydantic")
_PLAIN = (bool, int, float, complex, str, bytes, range, slice, Decimal, date, timedelta, Enum)
_READS = ("LOAD_FAST", "LOAD_DEREF", "LOAD_CLOSURE", "LOAD_CLASSDEREF", "STORE_FAST_LOAD", "DELETE_FAST")
_ITERATED: tuple[Any, ...] = ([], (), "", {}, {}.values(), {}.items(), set(), range(1))
_ITERATORS: tuple[type, ...] = (*(type(iter(each)) for each in _ITERATED), type(reversed([])), enumerate, zip)
_NOT_ON = ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE", "JUMP_FORWARD", "JUMP_BACKWARD")
"""After these, what follows them in the code does not run next."""
_ONLY: list[None] = []
"""One for each value that could not be compared."""


class Place(NamedTuple):
    """A line at which a course is."""

    function: str
    line: int


class Standing(NamedTuple):
    """The positions of all branches of a course.

    Attributes:
        places: the innermost line of the author's code, of each branch.
        seen: what the rest of the course can see; equal where two courses go on alike.
        comparable: no value in it is one of a kind because it cannot be compared.
    """

    places: tuple[Place, ...]
    seen: tuple[Any, ...]
    comparable: bool = True


def standing(tasks: list[asyncio.Task[Any]], journal: Journal) -> Standing:
    """Where the course stands whose tasks these are, those of the case library among them."""
    places, seen, before = [], [], len(_ONLY)
    for task in tasks:
        if task.done():
            continue
        own = []
        for coroutine in _chain(task.get_coro()):
            frame = coroutine.cr_frame
            if frame is None:
                continue
            if not _is_library(frame):
                own.append(coroutine)
            elif own:  # a verb that the course waits in
                seen.append(_pending(frame, journal))
        if own:
            innermost = own[-1].cr_frame
            places.append(Place(innermost.f_code.co_qualname, innermost.f_lineno))
            seen.append(tuple(_frame(each, ()) for each in own))
    return Standing(tuple(places), tuple(seen), len(_ONLY) == before)


def _chain(coroutine: Any) -> Iterator[Any]:
    """A coroutine, what it awaits, and so on."""
    while hasattr(coroutine, "cr_frame"):
        yield coroutine
        coroutine = coroutine.cr_await


def _is_library(frame: FrameType) -> bool:
    module = str(frame.f_globals.get("__name__", ""))
    return module.startswith(_OURS) or module.partition(".")[0] in _LIBRARIES


def _pending(frame: FrameType, journal: Journal) -> tuple[Any, ...]:
    """What a verb that waits for several steps knows already: how those have ended that it speaks of."""
    names = [value for value in frame.f_locals.values() if isinstance(value, str)]
    for value in frame.f_locals.values():
        if isinstance(value, dict) and value is not journal.outcomes:
            names += [key for key in value if isinstance(key, str)]
    known = [(name, outcome) for name, outcome in journal.outcomes.items() if name in names]
    return tuple((name.rpartition("/")[0], each.how, repr(each.value)) for name, each in known)


def _frame(coroutine: Any, above: tuple[int, ...]) -> tuple[Any, ...]:
    """The position of a coroutine or a generator, and what it can still read."""
    frame: FrameType = getattr(coroutine, "cr_frame", None) or coroutine.gi_frame
    if frame is None:
        return ("over",)
    code, local = frame.f_code, frame.f_locals
    above, lying = (*above, id(coroutine)), list(_stack(coroutine, frame, local))
    live = _live(code, frame.f_lasti, not any(_may_swallow(each) for each in lying))
    values = [(name, _plain(value, above)) for name, value in local.items() if name in live]
    stack = [_plain(value, above) for value in lying]
    return (code.co_qualname, code.co_firstlineno, frame.f_lasti, tuple(values), tuple(stack))


def _stack(coroutine: Any, frame: FrameType, local: Mapping[str, Any]) -> Iterator[Any]:
    """What lies on the evaluation stack of a coroutine that is suspended."""
    known = Counter(id(value) for value in local.values())
    known.update(id(each) for each in (coroutine.__name__, coroutine.__qualname__))
    awaited = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    referents = gc.get_referents(coroutine)
    # The exception that it handles comes last: None if it no longer does, and nothing if it never did.
    if referents[-1] is None:
        referents.pop()
    for value in referents:
        if known[id(value)]:
            known[id(value)] -= 1
        elif not (
            isinstance(value, CodeType | FrameType | CellType)
            or getattr(value, "__code__", None) is frame.f_code
            or any(value is each for each in (awaited, local, frame.f_globals, frame.f_builtins))
        ):
            yield value


def _may_swallow(lying: Any) -> bool:
    """Whether it is the end of an ``async with`` that may swallow what is raised in it. Ours do not, nor do
    asyncio's."""
    module = str(getattr(lying, "__module__", ""))
    return isinstance(lying, MethodType) and not module.startswith((*_OURS, "asyncio"))


@cache
def _live(code: CodeType, at: int, raised: bool) -> frozenset[str]:
    """The local names whose values code from an instruction on may read, or hand to a function that does.

    Args:
        raised: what is raised in an ``async with`` is raised out of it.
    """
    instructions = {each.offset: each for each in dis.get_instructions(code)}
    if at not in instructions:
        return frozenset({*code.co_varnames, *code.co_cellvars, *code.co_freevars})
    following = dict(zip(instructions, [*instructions][1:], strict=False))
    handlers = getattr(dis.Bytecode(code), "exception_entries", ())
    leaving = _swallowing(list(instructions.values())) if raised else ()
    live: dict[int, frozenset[str]] = {}
    changed = True
    while changed:
        changed = False
        for offset, each in reversed(instructions.items()):
            after: set[str] = set()
            if (each.opcode in dis.hasjrel or each.opcode in dis.hasjabs) and offset not in leaving:
                after |= live.get(each.argval, frozenset())
            if each.opname not in _NOT_ON:
                after |= live.get(following.get(offset, -1), frozenset())
            if each.opname == "STORE_FAST":  # what is written here is not what is read later
                after.discard(each.argval)
            if each.opname.startswith(_READS):
                after |= {each.argval} if isinstance(each.argval, str) else set(each.argval)
            for entry in handlers:
                if entry.start <= offset < entry.end:
                    after |= live.get(entry.target, frozenset())
            if offset not in live or after != set(live[offset]):
                live[offset], changed = frozenset(after), True
    return live[at]


def _swallowing(instructions: list[dis.Instruction]) -> set[int]:
    """Where an ``async with`` goes on after what it has swallowed: the jumps on what its end returned."""
    found: set[int] = set()
    ending = False
    for each, after in pairwise(instructions):
        if each.opname == "WITH_EXCEPT_START":
            ending = after.opname == "GET_AWAITABLE"
        elif ending and "JUMP" in each.opname and "IF_TRUE" in each.opname:
            found.add(each.offset)
            ending = False
    return found


def _plain(value: Any, above: tuple[int, ...]) -> Any:
    """A value as it can be compared."""
    if value is None or isinstance(value, _PLAIN):
        return type(value).__name__, repr(value)
    if isinstance(value, BaseModel):
        return type(value).__qualname__, value.model_dump_json()
    if id(value) in above:
        return "itself"
    return _composed(value, (*above, id(value)))


def _composed(value: Any, above: tuple[int, ...]) -> Any:
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    match value:
        case tuple() | list():
            return name, tuple(_plain(each, above) for each in value)
        case set() | frozenset():
            return name, tuple(sorted((_plain(each, above) for each in value), key=repr))
        case dict():
            return name, tuple((_plain(key, above), _plain(each, above)) for key, each in value.items())
        case FunctionType():
            cells = [each.cell_contents for each in value.__closure__ or ()]
            return name, value.__qualname__, value.__code__.co_firstlineno, _plain(cells, above)
        case BuiltinFunctionType():
            of = value.__self__
            return name, value.__qualname__, None if isinstance(of, ModuleType) else _plain(of, above)
        case type() | MethodDescriptorType() | WrapperDescriptorType():
            return name, getattr(value, "__module__", ""), value.__qualname__
        case ModuleType():
            return name, value.__name__
        case MethodType():
            return name, value.__func__.__qualname__, _plain(value.__self__, above)
        case Procedure():
            own = {
                key: each for key, each in vars(value).items() if key not in ("_runtime", "_inbox", "_case")
            }
            return name, _plain(own, above)
        case asyncio.Task():
            if not value.done():
                return name, tuple(_frame(each, above) for each in _chain(value.get_coro()))
            ended = value.cancelled() or value.exception() is not None
            return name, repr(value.exception()) if ended and not value.cancelled() else _of(value, above)
        case Answers():
            return name, _plain(vars(value), above)
    if hasattr(value, "cr_frame") or hasattr(value, "gi_frame"):
        return name, _frame(value, above)
    if isinstance(value, _ITERATORS):
        return name, _plain(value.__reduce__(), above)
    if isinstance(value, BaseException):
        return name, str(value)
    if kind.__module__.startswith(_OURS) or kind.__module__.partition(".")[0] in _LIBRARIES:
        return name
    if hasattr(value, "__dict__"):
        return name, _plain(vars(value), above)
    _ONLY.append(None)
    return name, len(_ONLY)


def _of(task: asyncio.Task[Any], above: tuple[int, ...]) -> Any:
    return "cancelled" if task.cancelled() else _plain(task.result(), above)
