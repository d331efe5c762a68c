"""What can be seen of a procedure before a case runs: its author's mistakes, by line."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Literal, get_args

from contracts.terms.decisions import Refuse
from contracts.terms.hand_overs import HandOver
from contracts.terms.requests import Request
from contracts.terms.service_item import ServiceItem
from contracts.terms.wire_names import Named
from workflows.case.interruptions import Lapsed

_LIMITS = "give the verb its limit instead (within=, until=, or the limit of the request type)"
_BRANCHES = "run branches in asyncio.TaskGroup, and requests by ask_all"

NOT_AWAITED: dict[str, str] = {
    "asyncio.sleep": _LIMITS,
    "asyncio.timeout": _LIMITS,
    "asyncio.timeout_at": _LIMITS,
    "asyncio.wait_for": _LIMITS,
    "asyncio.wait": _BRANCHES,
    "asyncio.as_completed": _BRANCHES,
    "temporalio.workflow.sleep": _LIMITS,
    "temporalio.workflow.wait_condition": "wait for a report by wait_for",
    "temporalio.workflow.wait": _BRANCHES,
    "temporalio.workflow.as_completed": _BRANCHES,
    "time.sleep": _LIMITS,
}
"""What no course awaits, with what to write instead. It is in no journal, so a new run forgets it; and a
time-out would fail the case. ``workflows/ruff.toml`` tells the linter the same."""


def check(cls: type[Any], item: ServiceItem) -> None:
    """Return if nothing is wrong with a procedure, as far as its source tells.

    Looked at are the class and what it names of its own module.

    Raises:
        TypeError: names every mistake, its line, and what fixes it.
    """
    mistakes = [*_wrong_application(cls, item)]
    module = sys.modules.get(cls.__module__)
    if module is not None and (source := _source(module)) is not None:
        reader = _Reader(module, source, item)
        for node in reader.nodes_of(cls):
            mistakes += [
                f"{module.__name__}, line {getattr(node, 'lineno', '?')}: {mistake}"
                for mistake in reader.mistakes(node)
            ]
    if mistakes:
        raise TypeError("\n".join([f"{cls.__name__} cannot be run:", *dict.fromkeys(mistakes)]))


def _wrong_application(cls: type[Any], item: ServiceItem) -> Iterator[str]:
    for base in cls.__mro__:
        for stated in vars(base).get("__orig_bases__", ()):
            for kind in get_args(stated):
                if isinstance(kind, type) and kind is not item.application:
                    yield (
                        f"its service item has the application {item.application.__name__}; "
                        f"write Procedure[{item.application.__name__}], not Procedure[{kind.__name__}]"
                    )


def _source(module: ModuleType) -> ast.Module | None:
    try:
        return ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return None


class _Reader:
    """Reads the source of a module as far as a procedure in it goes."""

    def __init__(self, module: ModuleType, source: ast.Module, item: ServiceItem) -> None:
        self._module = module
        self._source = source
        self._item = item
        self._imported = dict(_imports(source))

    def nodes_of(self, cls: type[Any]) -> Iterator[ast.AST]:
        """All nodes of a class, and of the functions and classes of its module that it names."""
        parts = {
            node.name: node
            for node in self._source.body
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        }
        left: list[ast.AST] = [each] if (each := self._node_of(cls)) else []
        while left:
            for node in ast.walk(left.pop()):
                yield node
                if isinstance(node, ast.Name) and node.id in parts:
                    left.append(parts.pop(node.id))

    def _node_of(self, cls: type[Any]) -> ast.ClassDef | None:
        """The statement of a class: of several of its name, the one that its functions are in."""
        lines = [each.__code__.co_firstlineno for each in vars(cls).values() if inspect.isfunction(each)]
        for node in ast.walk(self._source):
            if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
                last = node.end_lineno or node.lineno
                if any(node.lineno <= line <= last for line in lines):
                    return node
        return None

    def mistakes(self, node: ast.AST) -> Iterator[str]:
        """What is wrong at a node."""
        if isinstance(node, ast.Name | ast.Attribute) and (name := self._dotted(node)) in NOT_AWAITED:
            yield f"{name} is not for a course: {NOT_AWAITED[name]}"
        if isinstance(node, ast.Name) and (named := _named(self._value(node))):
            where = "requests" if issubclass(named, Request) else "hand_overs"
            if named not in getattr(self._item, where):
                yield f"{named.__name__} is not listed in its service item: add it to {where}=(...) there"
        if isinstance(node, ast.Call):
            yield from self._wrong_code(node)

    def _wrong_code(self, call: ast.Call) -> Iterator[str]:
        """Codes of decisions and verbs, where they are written out."""
        called = self._value(call.func)
        if called is Refuse:
            yield from self._reasons(_argument(call, "reason"))
        elif called is Lapsed:
            yield from self._reasons(_argument(call, "reason", 0))
        elif isinstance(call.func, ast.Attribute) and _is_self(call.func.value):
            match call.func.attr:
                case "supplement":
                    yield from self._reasons(_argument(call, "otherwise", 3))
                case "charge":
                    yield from self._charges(_argument(call, "reason", 0))
                case "mark":
                    known = ", ".join(self._item.marks) or "none"
                    for code in [code for each in call.args for code in _texts(each)]:
                        if code not in self._item.marks:
                            yield f"mark({code!r}): the marks of {self._item.procedure} are: {known}"
                case "within":
                    yield from self._reasons(_argument(call, "otherwise", 2))
                case "suspended":
                    yield from self._bases(_argument(call, "basis", 0), "suspensions")
                case "extend":
                    yield from self._bases(_argument(call, "basis"), "extensions")
                case "ask_all":
                    yield from self._stop_at(call)

    def _stop_at(self, call: ast.Call) -> Iterator[str]:
        asked = [self._value(each.func) if isinstance(each, ast.Call) else None for each in call.args]
        kinds = [kind for each in asked if (kind := _request_type(each))]
        if len(kinds) != len(call.args):
            return  # not all are written out: the verb checks them when they are asked
        outcomes = dict.fromkeys(word for kind in kinds for word in kind.answer.outcomes())
        for word in _texts(_argument(call, "stop_at")):
            if word not in outcomes:
                yield f"stop_at={word!r} is no outcome of what is asked; there are: {', '.join(outcomes)}"

    def _reasons(self, value: ast.expr | None) -> Iterator[str]:
        """Reason codes that no law version has; whether that of a case has them, shows when it runs."""
        codes = list(dict.fromkeys(code for law in self._item.laws for code in law.reasons))
        for code in _texts(value):
            if code not in codes:
                known = ", ".join(codes) or "none"
                yield f"{code!r} is none of the reason codes of {self._item.procedure}: {known}"

    def _charges(self, value: ast.expr | None) -> Iterator[str]:
        """Reason codes that no law version has, or for which none lets anything be charged."""
        yield from self._reasons(value)
        reasons = [(code, reason) for law in self._item.laws for code, reason in law.reasons.items()]
        for code in _texts(value):
            of_code = [reason for each, reason in reasons if each == code]
            if of_code and not any(reason.charges for reason in of_code):
                yield f"nothing is charged for {code!r}: give its reason charges=True, or collect a fee"

    def _bases(self, value: ast.expr | None, kind: Literal["suspensions", "extensions"]) -> Iterator[str]:
        known = [rule.basis for law in self._item.laws for rule in getattr(law, kind)]
        for basis in _texts(value):
            if basis not in known:
                named = ", ".join(map(repr, dict.fromkeys(known))) or "none"
                yield f"no law version of {self._item.procedure} has {basis!r} among its {kind}: {named}"

    def _value(self, node: ast.expr) -> object:
        """What a name or a dotted name of the module stands for, where it is known by now."""
        if isinstance(node, ast.Name):
            return vars(self._module).get(node.id)
        if isinstance(node, ast.Attribute) and isinstance(module := self._value(node.value), ModuleType):
            return getattr(module, node.attr, None)
        return None

    def _dotted(self, node: ast.expr) -> str:
        if isinstance(node, ast.Attribute):
            return f"{self._dotted(node.value)}.{node.attr}"
        return self._imported.get(node.id, "") if isinstance(node, ast.Name) else ""


def _imports(source: ast.Module) -> Iterator[tuple[str, str]]:
    """The names that a module imports, with what they stand for."""
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield (
                    each.asname or each.name.partition(".")[0],
                    each.name if each.asname else (each.name.partition(".")[0]),
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for each in node.names:
                yield each.asname or each.name, f"{node.module}.{each.name}"


def _request_type(value: object) -> type[Request[Any]] | None:
    return (
        value if isinstance(value, type) and issubclass(value, Request) and "stated" in vars(value) else None
    )


def _named(value: object) -> type[Named] | None:
    if isinstance(value, type) and issubclass(value, HandOver) and value is not HandOver:
        return value
    return _request_type(value)


def _argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    given = next((each.value for each in call.keywords if each.arg == name), None)
    if given is None and position is not None and position < len(call.args):
        return call.args[position]
    return given


def _texts(value: ast.expr | None) -> Iterator[str]:
    """The texts that a value may be, where written out: also of ``x or "a"``, ``"a" if x else "b"``."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.BoolOp(values=values):
            for each in values:
                yield from _texts(each)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body)
            yield from _texts(orelse)


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"
