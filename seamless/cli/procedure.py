"""``seamless procedure``: what the catalogue says about the procedures, and whether they can run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from seamless.cli.options import MOST, Json, Lang
from seamless.cli.procedure_compare import compare
from seamless.cli.procedure_draw import draw
from seamless.cli.procedure_new import new
from seamless.cli.procedure_predict import predict

if TYPE_CHECKING:
    from contracts.terms.law import LawVersion
    from contracts.terms.service_item import ServiceItem

app = typer.Typer(
    help="Procedures: list, show, check, draw, compare and predict them; create a new one.",
    no_args_is_help=True,
)
app.command()(new)
app.command()(draw)
app.command()(compare)
app.command()(predict)


@app.command("list")
def list_procedures(lang: Lang = None, as_json: Json = False) -> None:
    """List the procedures, each with its newest law version.

    [bold]Examples[/bold]

      seamless procedure list

      seamless procedure list --json
    """
    from contracts.procedures.catalogue import CATALOGUE
    from seamless.cli.names import Names, language
    from seamless.cli.procedure_views import print_items, summary
    from workers.process.settings import load_settings

    if as_json:
        from seamless.cli.console import Console

        Console().json({"procedures": [summary(item) for item in CATALOGUE.values()]})
    else:
        print_items(CATALOGUE.values(), Names(load_settings().directory, language(lang)))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The procedure, as in: procedure list.")],
    law: Annotated[
        str | None,
        typer.Option("--law", metavar="ID", help="Under this law version.", show_default="the newest"),
    ] = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Show the service item of a procedure: limits, fees, requests, reasons, materials.

    [bold]Examples[/bold]

      seamless procedure show construction-permit

      seamless procedure show permit-receipt --law wabo-2010 --json
    """
    from seamless.cli.console import Console
    from seamless.cli.names import Names, language
    from seamless.cli.procedure_views import print_item, whole
    from workers.process.settings import load_settings

    item, version = _found(name, law)
    if as_json:
        Console().json(whole(item, version))
    else:
        print_item(item, version, Names(load_settings().directory, language(lang)))


@app.command()
def check(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="The procedure, as in: procedure list.", show_default="all"),
    ] = None,
    paths: Annotated[
        int,
        typer.Option(
            "--paths",
            min=0,
            max=MOST,
            help="Also drive the real workflow along this many paths.",
            show_default="none",
        ),
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="The seed that samples these paths.")] = 1,
    as_json: Json = False,
) -> None:
    """Explore a procedure before it runs: whether each path closes, what follows from silence, how long it
    takes.

    Exits with 0 when all is well, with 1 when something is wrong, after printing the shortest path to it.

    [bold]Examples[/bold]

      seamless procedure check

      seamless procedure check construction-permit --json

      seamless procedure check construction-permit --paths 200 --seed 7
    """
    from seamless.cli.console import Console, progress
    from seamless.cli.procedure_check import as_json as told
    from seamless.cli.procedure_check import print_checked
    from seamless.explore.listed import check_listed, drive_listed, named
    from seamless.explore.verdict import keep_checked
    from workers.process.settings import load_settings

    directory, classes = load_settings().directory, named(name)
    found = []
    with progress(Console(errors=True)) as bar:
        task = bar.add_task("", total=len(classes))
        for each in classes:
            begins = f"{each.workflow_type} under"

            def on(law: str, states: int, left: int, begins: str = begins) -> None:
                bar.update(task, description=f"{begins} {law}: {states} states, {left} to explore")

            def lived(number: int, of: str = each.workflow_type) -> None:
                bar.update(task, description=f"{of}: {number} of {paths} paths driven")

            found.append(check_listed(each, directory, on))
            keep_checked(found[-1], directory)
            if paths:
                drive_listed(each, found[-1], directory, paths, seed, lived)
            bar.advance(task)
    if as_json:
        Console().json({"procedures": [told(each) for each in found]})
    else:
        for checked in found:
            print_checked(checked)
    if any(each.findings for each in found):
        raise typer.Exit(1)


def _found(name: str, law: str | None) -> tuple[ServiceItem, LawVersion]:
    """The service item and one of its law versions.

    Raises:
        InvalidInput: there is none; names the known ones.
    """
    from contracts.procedures.catalogue import CATALOGUE
    from contracts.terms.errors import InvalidInput

    item = CATALOGUE.get(name)
    if item is None:
        raise InvalidInput(f"there is no procedure {name!r}; there are: {', '.join(sorted(CATALOGUE))}")
    versions = {each.id: each for each in item.laws}
    if law is not None and law not in versions:
        raise InvalidInput(f"{name} has no law version {law!r}; there are: {', '.join(versions)}")
    return item, versions[law] if law is not None else item.newest_law
