"""``seamless procedure predict``: what a change of a procedure brings, before anybody tries it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from seamless.cli.logged import Columns, Source, TimeFormat, of_archive, of_file
from seamless.cli.options import Archive, Data, Json, Lang

if TYPE_CHECKING:
    from collections.abc import Callable

    from seamless.explore.chosen import Chosen
    from seamless.rebuild.log import EventLog
    from workers.process.settings import Settings

Many = list[str] | None
FROM = typer.Option(
    "--from", metavar="LOG|archive", help="Learn times, outcomes, officers and arrivals from it."
)
TIME = typer.Option("--time", metavar="STEP=1d..3d", help="How long a step takes: 2d, 4h, 1d..3d.")
BATCH = typer.Option("--batch", metavar="STEP=mon,thu", help="Days on which a step is taken up; or daily.")
OFFICERS = typer.Option("--officers", metavar="AGENCY=+1", help="Officers an agency gets: +1, -1, 3.")
STAFF = typer.Option("--staff", metavar="AGENCY=2", help="Officers it has now, where no log says it.")
OUTCOME = typer.Option("--outcome", metavar="STEP=refuse:5%", help="How often outcomes come.")
END = typer.Option("--end", metavar="ACTIVITY", help="It ends a case of the log, if it is the last.")
ARRIVALS = typer.Option(min=0.001, max=10_000, help="Applications a working day, where no log says it.")
ASSUME = typer.Option("--assume", help="What nobody knows takes 25 to 95 % of its limit.")


def predict(
    name: Annotated[str, typer.Argument(metavar="NAME", help="NAME[.VARIANT][@LAW], as it is now.")],
    instead: Annotated[
        str | None, typer.Option(metavar="VARIANT[@LAW]", help="Work in this way instead.")
    ] = None,
    source: Annotated[str | None, FROM] = None,
    time: Annotated[Many, TIME] = None,
    batch: Annotated[Many, BATCH] = None,
    officers: Annotated[Many, OFFICERS] = None,
    outcome: Annotated[Many, OUTCOME] = None,
    load: Annotated[str | None, typer.Option(metavar="+15%", help="More applications, or fewer.")] = None,
    staff: Annotated[Many, STAFF] = None,
    arrivals: Annotated[float | None, ARRIVALS] = None,
    assume: Annotated[bool, ASSUME] = False,
    hours: Annotated[str, typer.Option(metavar="9-17", help="When offices are open.")] = "9-17",
    calendar: Annotated[
        str | None, typer.Option(metavar="NAME", help="The calendar.", show_default="the administration's")
    ] = None,
    cases: Annotated[int, typer.Option(min=20, max=100_000, help="Cases that count in each run.")] = 200,
    runs: Annotated[int, typer.Option(min=2, max=10_000, help="Runs of both worlds.")] = 20,
    seed: Annotated[int, typer.Option(help="Of all draws.")] = 1,
    columns: Columns = None,
    end: Annotated[Many, END] = None,
    time_format: TimeFormat = None,
    as_json: Json = False,
    lang: Lang = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Predict what a change brings: the real workflow code on simulated agencies, before and after it.

    What changes is an option: the way of working, the time of a step, the days on which it is taken up,
    officers, outcomes, load. Times that no log knows and nobody gives are an error.

    [bold]Examples[/bold]

      seamless procedure predict opening-restaurant.chain --instead bundle --from archive --time
      inspect-together=1d --time conclude=4h

      seamless procedure predict construction-permit --from permits.csv --officers fire-safety=+1

      seamless procedure predict tree-felling --assume --staff parks=2 --arrivals 3 --batch
      inspect-tree=mon,thu --load +15%
    """
    options = dict(locals())
    from seamless.explore.chosen import chosen
    from seamless.rebuild.rows import is_log

    if is_log(name):
        raise typer.BadParameter(f"{name} is a log; name the procedure whose code is run: NAME --from {name}")
    given = _Given(chosen(name), options)
    if (columns or end or time_format) and (source is None or not is_log(source)):
        raise typer.BadParameter("--map, --end and --time-format say how a log is read; give --from LOG")
    if source is None or is_log(source):
        if data is not None or archive is not None:
            raise typer.BadParameter("--data and --archive say which archive; give --from archive with them")
        if source is None:
            _of_nothing(given.tell)
        of_file(Source(source, columns, end, time_format=time_format), given.tell)
    elif source == "archive":
        of_archive(Source(given.now.item.procedure, data=data, archive=archive), given.tell)
    else:
        raise typer.BadParameter(f"--from: {source!r} is no log and not 'archive'; a log is a .csv or .xes")


class _Given:
    """What was given on the command line."""

    def __init__(self, now: Chosen, options: dict[str, Any]) -> None:
        self.now, self.options = now, options

    def __getattr__(self, name: str) -> Any:
        return self.options[name]

    def tell(self, settings: Settings, log: EventLog | None) -> None:
        """Predict and tell."""
        from seamless.cli.console import Console, progress
        from seamless.cli.measure_views import Named, print_measured
        from seamless.cli.names import language
        from seamless.rebuild.twin.asking import asked
        from seamless.rebuild.twin.predicting import predict
        from seamless.rebuild.twin.telling import told

        question, assumed = asked(self.options | {"now": self.now}, log, settings)
        with progress(Console(errors=True)) as bar:
            task = bar.add_task("", total=self.runs)
            found = predict(
                question,
                runs=self.runs,
                cases=self.cases,
                seed=self.seed,
                told=lambda number: bar.update(task, completed=number, description=f"run {number}"),
            )
        spoken = language(self.lang)
        naming = Named(settings.directory, spoken, self.now.item.procedure)
        if self.as_json:
            Console().json(found.model_dump(mode="json") | {"assumed": list(assumed)})
        else:
            print_measured(Console(), told(found, spoken, naming, assumed))


def _of_nothing(work: Callable[[Settings, None], None]) -> NoReturn:
    """Do ``work`` without a log."""
    from seamless.cli.run import run
    from workers.process.settings import load_settings

    settings = load_settings()

    async def main() -> int:
        work(settings, None)
        return 0

    run(main)
