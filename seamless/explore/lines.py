"""Which lines of a procedure's code were reached."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

from workflows.case import Procedure
from workflows.case.faults import CourseFault

MOST = 100_000
"""How many lines a course may run through without waiting for anything."""


class Line(NamedTuple):
    """A line of a file, with what stands there."""

    file: str
    number: int
    text: str


class Lines:
    """The lines of a procedure's class, and of the functions and classes of its module that it uses."""

    def __init__(self, procedure: type[Procedure[Any]]) -> None:
        self._codes = set(_codes_of(procedure))
        self._left = {
            (code.co_filename, number): code
            for code in self._codes
            for _, _, number in code.co_lines()
            if number and number != code.co_firstlineno
        }
        self._run = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note the lines that run meanwhile.

        Raises:
            CourseFault: in the course, where it runs on and on without waiting.
        """
        before, self._run = sys.gettrace(), 0
        sys.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(before)

    @property
    def unreached(self) -> list[Line]:
        """The lines that never ran, in order."""
        return [Line(*place, _text(self._left[place], place[1])) for place in sorted(self._left)]

    @property
    def left(self) -> int:
        """How many of them never ran."""
        return len(self._left)

    @property
    def all_reached(self) -> bool:
        """Whether each of them ran."""
        return not self._left

    def _called(self, frame: FrameType, event: str, arg: Any) -> Any:
        return self._ran if frame.f_code in self._codes else None

    def _ran(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            self._left.pop((frame.f_code.co_filename, frame.f_lineno), None)
            self._run += 1
            if self._run > MOST:
                raise CourseFault(
                    f"the course goes round at line {frame.f_lineno} and waits for nothing; "
                    "a loop needs a verb in it that waits, or an end"
                )
        return self._ran


def _codes_of(procedure: type[Procedure[Any]]) -> Iterator[CodeType]:
    """The code of a class, and of what it names of its own module."""
    module = sys.modules.get(procedure.__module__)
    left: list[object] = [procedure]
    passed: set[int] = set()
    while left:
        thing = left.pop()
        if id(thing) in passed:
            continue
        passed.add(id(thing))
        for code in _of(thing):
            if module is not None and code.co_filename == module.__file__:
                yield code
            for name in code.co_names:
                named = getattr(module, name, None)
                if getattr(named, "__module__", None) == procedure.__module__:
                    left.append(named)


def _of(thing: object) -> Iterator[CodeType]:
    """The code of a function, or of all functions of a class, those inside them included."""
    if isinstance(thing, FunctionType):
        left = [thing.__code__]
    elif isinstance(thing, type):
        members = [getattr(each, "fget", each) for each in vars(thing).values()]
        members = [getattr(each, "__func__", each) for each in members]
        left = [each.__code__ for each in members if isinstance(each, FunctionType)]
    else:
        return
    while left:
        code = left.pop()
        yield code
        left += [each for each in code.co_consts if isinstance(each, CodeType)]


def _text(code: CodeType, number: int) -> str:
    try:
        lines, _ = inspect.findsource(code)
    except OSError:
        return ""
    return lines[number - 1].strip() if number <= len(lines) else ""
