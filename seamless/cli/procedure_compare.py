"""``seamless procedure compare``: two procedures, variants or law versions side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seamless.cli.options import Json, Lang
from seamless.cli.procedure_draw import explored


def compare(
    one: Annotated[str, typer.Argument(metavar="A", help="NAME[.VARIANT][@LAW], as in: procedure list.")],
    other: Annotated[str, typer.Argument(metavar="B", help="The other one, in the same form.")],
    as_json: Json = False,
    lang: Lang = None,
    svg: Annotated[
        Path | None,
        typer.Option(
            "--svg", metavar="FILE", help="Draw both side by side into this file.", show_default=False
        ),
    ] = None,
) -> None:
    """Compare two procedures, variants or law versions in figures that matter to applicants and mayors.

    The figures are counted by exploring the code, or come from the service item. What neither says is not
    known.

    [bold]Examples[/bold]

      seamless procedure compare tree-felling tree-felling.added-review

      seamless procedure compare tree-felling@2017 tree-felling@2026 --svg both.svg

      seamless procedure compare construction-permit environmental-permit --json
    """
    from seamless.cli.console import Console
    from seamless.cli.names import language
    from seamless.cli.procedure_compared import as_json as told
    from seamless.cli.procedure_compared import print_compared
    from seamless.explore.chosen import chosen
    from seamless.explore.compared import figures
    from seamless.explore.drawing.making import drawing_of
    from seamless.explore.drawing.svg import side_by_side
    from seamless.explore.drawing.words import Words
    from workers.process.settings import load_settings

    directory, wanted = load_settings().directory, [chosen(one), chosen(other)]
    compared = []
    for each, found in zip(wanted, explored(wanted, directory), strict=True):
        drawing = drawing_of(each.procedure.workflow_type, each.item, found)
        compared.append((figures(each.name, drawing, found), Words(drawing, directory, language(lang))))
    (left, left_words), (right, right_words) = compared
    if svg is not None:
        svg.write_text(side_by_side(left_words, right_words), "utf-8")
    if as_json:
        Console().json({"compared": [told(left), told(right)]})
    else:
        print_compared((left, left_words), (right, right_words))
