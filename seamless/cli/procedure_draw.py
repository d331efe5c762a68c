"""``seamless procedure draw``: a procedure as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seamless.cli.options import Lang

if TYPE_CHECKING:
    from contracts.terms.directory import Directory
    from seamless.explore.check import LawChecked
    from seamless.explore.chosen import Chosen


def draw(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="The procedure, as in: procedure list; and its variant, as in: NAME.VARIANT."
        ),
    ],
    law: Annotated[
        str | None,
        typer.Option("--law", metavar="ID", help="Under this law version.", show_default="the newest"),
    ] = None,
    form: Annotated[
        Literal["svg", "mermaid"],
        typer.Option("--format", help="A picture, or text from which a picture is made."),
    ] = "svg",
    lang: Lang = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write it to this file.", show_default="print it"),
    ] = None,
) -> None:
    """Draw a procedure: who does what, one after the other and at the same time, with limits and silence.

    It is drawn by exploring the procedure's code; docs/drawing.md says what is shown.

    [bold]Examples[/bold]

      seamless procedure draw construction-permit --out permit.svg

      seamless procedure draw tree-felling.added-review --law 2026 --lang zh --format mermaid
    """
    from seamless.cli.console import Console, block
    from seamless.cli.names import language
    from seamless.explore.chosen import chosen
    from seamless.explore.drawing.making import drawing_of
    from seamless.explore.drawing.mermaid import mermaid
    from seamless.explore.drawing.svg import svg
    from seamless.explore.drawing.words import Words
    from workers.process.settings import load_settings

    directory = load_settings().directory
    wanted = chosen(f"{name}@{law}" if law is not None else name)
    [found] = explored([wanted], directory)
    drawing = drawing_of(wanted.procedure.workflow_type, wanted.item, found)
    words = Words(drawing, directory, language(lang))
    text = svg(words) if form == "svg" else mermaid(words)
    if out is None:
        Console().print(block(text.removesuffix("\n")), soft_wrap=True)
    else:
        out.write_text(text, "utf-8")


def explored(wanted: list[Chosen], directory: Directory) -> list[LawChecked]:
    """What exploring procedures finds, with a bar that says how far it is."""
    from seamless.cli.console import Console, progress

    found = []
    with progress(Console(errors=True)) as bar:
        task = bar.add_task("", total=len(wanted))
        for each in wanted:

            def on(law: str, states: int, left: int, name: str = each.name) -> None:
                bar.update(task, description=f"{name}: {states} states, {left} to explore")

            found.append(each.explored(directory, on))
            bar.advance(task)
    return found
