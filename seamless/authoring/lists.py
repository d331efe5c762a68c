"""Adding to a list that is Python code: a name to what is called or assigned, and its import."""

from __future__ import annotations

import ast

from contracts.terms.errors import InvalidInput


def with_import(source: str, module: str, name: str) -> str:
    """Source that imports a name, after what it imports of the same package; unchanged where it does."""
    package = module.partition(".")[0]
    imports = [each for each in ast.parse(source).body if isinstance(each, ast.ImportFrom) and each.module]
    if any(each.module == module and name in [alias.name for alias in each.names] for each in imports):
        return source
    lines = source.splitlines(keepends=True)
    alike = [each for each in imports if (each.module or "").partition(".")[0] == package]
    before = [each for each in alike if (each.module or "") < module]
    after = (before or alike or imports)[-1]
    place = (after.end_lineno if before or not alike else alike[0].lineno - 1) or 0
    return "".join([*lines[:place], f"from {module} import {name}\n", *lines[place:]])


def with_member(source: str, assigned: str, name: str, what: str) -> str:
    """Source in which a name is among those of a list, in alphabetical order; unchanged where it is.

    Args:
        assigned: the variable; the list is the arguments of the call that gives it its value, or the tuple
            that is the first of them.
        what: the file, for whoever reads the error.

    Raises:
        InvalidInput: the source has no such list.
    """
    members = _members(source, assigned)
    if not members:
        raise InvalidInput(f"{what} has no list {assigned} of names any more: add {name} by hand")
    names = [each.id for each in members]
    if name in names:
        return source
    first, last = members[0], members[-1]
    begin, end = (
        _offset(source, first.lineno, first.col_offset),
        _offset(source, last.end_lineno or 0, last.end_col_offset or 0),
    )
    behind = source[end:].lstrip()
    trailing = "" if behind.startswith(",") else ","
    indent = " " * (4 if "\n" not in source[begin:end] else first.col_offset)
    listed = f",\n{indent}".join(sorted([*names, name]))
    return source[:begin] + listed + trailing + source[end:]


def _members(source: str, assigned: str) -> list[ast.Name]:
    for each in ast.parse(source).body:
        if not isinstance(each, ast.Assign) or not isinstance(each.value, ast.Call):
            continue
        if [target.id for target in each.targets if isinstance(target, ast.Name)] != [assigned]:
            continue
        first = each.value.args[:1]
        listed = first[0].elts if first and isinstance(first[0], ast.Tuple) else each.value.args
        return [member for member in listed if isinstance(member, ast.Name)]
    return []


def _offset(source: str, line: int, column: int) -> int:
    """Where a place of the syntax tree is in the text: columns count bytes."""
    lines = source.splitlines(keepends=True)
    return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())
