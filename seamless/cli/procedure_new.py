"""``seamless procedure new``: begins a procedure with files that are whole, and pass every check at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name in the catalogue: dog-licence.")],
    title_zh: Annotated[
        str | None, typer.Option("--title-zh", metavar="TEXT", help="Its Chinese name.", show_default="NAME")
    ] = None,
    title_en: Annotated[
        str | None, typer.Option("--title-en", metavar="TEXT", help="Its English name.", show_default="NAME")
    ] = None,
    agency: Annotated[
        str | None,
        typer.Option("--agency", metavar="ID", help="Its lead agency.", show_default="the directory's first"),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--folder", metavar="DIR", help="The checkout of Seamless to write into.")
    ] = Path(),
) -> None:
    """Begin a new procedure: contract, workflow, example and test, entered in the catalogue and the list.

    What it writes asks one agency and decides. It passes make lint, its check and its test; replace it line
    by line. Exits with 0 when it is written, with 2, and without writing, when anything is wrong.

    [bold]Examples[/bold]

      seamless procedure new dog-licence

      seamless procedure new dog-licence --title-zh 养犬登记 --title-en "Dog licence" --agency housing
    """
    from seamless.authoring.scaffold import scaffold
    from seamless.cli.console import Console, facts, line

    written = scaffold(folder, name, title_zh=title_zh, title_en=title_en, agency=agency)
    console, test = Console(), written.new[-1]
    facts(
        console,
        [
            *(("written", line(str(each))) for each in written.new),
            *(("changed", line(str(each))) for each in written.changed),
            *([] if written.formatted else [("then", line("make fmt"))]),
            ("then", line(f"seamless procedure check {written.names.name}")),
            ("then", line(f"pytest {test}")),
            ("then", line(f"python -m tests.replay.record {written.names.name}.silent")),
            ("read", line("docs/authoring.md")),
        ],
    )
