"""Nothing is printed but by the console, which no text can drive."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[4]

PRINTERS = {
    "seamless/cli/console.py": "it is where everything goes",
    "workers/process/terminal.py": "it is what ends every program",
    "deploy/local/jars.py": "a program of its own, which prints what it was given by nobody",
    "seamless/explore/verdict.py": "a program of its own, whose JSON another process of ours reads",
    "contracts/terms/calendars/generate.py": "a program of its own, which prints a file name of ours",
}
PRINTS = {"print", "echo", "secho", "input"}


def _prints(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            of = node.func.value if isinstance(node.func, ast.Attribute) else None
            if name in PRINTS and (of is None or (isinstance(of, ast.Name) and of.id in ("typer", "click"))):
                found.append(f"{name} in line {node.lineno}")
        elif isinstance(node, ast.ImportFrom) and node.module in ("rich", "rich.console", "rich.markup"):
            names = {alias.name for alias in node.names} & {"Console", "print", "get_console", "escape"}
            found += [f"{name} in line {node.lineno}" for name in names]
        elif isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr"):
            if isinstance(node.value, ast.Name) and node.value.id == "sys":
                found.append(f"sys.{node.attr} in line {node.lineno}")
        elif isinstance(node, ast.Attribute) and node.attr in ("from_markup", "from_ansi"):
            found.append(f"{node.attr} in line {node.lineno}")
    return found


def test_no_module_prints_around_it() -> None:
    rooms = ("seamless", "workers", "deploy", "activities", "archive", "network", "workflows", "contracts")
    allowed = {
        "seamless/cli/main.py": ["sys.stdout"],  # its encoding
        "workers/process/logs.py": ["sys.stderr"],  # whether it is a terminal
        "workers/process/ending.py": ["sys.stdout", "sys.stderr"],  # flushed
    }
    around = {}
    for room in rooms:
        for file in (ROOT / room).rglob("*.py"):
            name = str(file.relative_to(ROOT))
            found = _prints(ast.parse(file.read_text("utf-8")))
            found = [each for each in found if each.split()[0] not in allowed.get(name, [])]
            if found and name not in PRINTERS:
                around[name] = found
    assert around == {}


def test_texts_with_styles_are_made_in_one_place() -> None:
    """Rich's ``Text`` takes any character; ``line`` and ``block`` take none that drives a terminal."""
    makers = set()
    for file in (ROOT / "seamless").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[0] == "Text":
                makers.add(str(file.relative_to(ROOT)))
    assert makers == {"seamless/cli/console.py"}
