"""The command ``seamless``: what is mounted where."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated, NoReturn

import typer

from seamless.cli import (
    calendar,
    case,
    dead_letter,
    demo,
    doctor,
    measure,
    party,
    pilot,
    procedure,
    rebuild,
    rebuild_whatif,
    recover,
    replay,
    status,
    submit,
    topics,
    up,
    version,
    worker,
)
from seamless.cli.run import exit_code_of

HELP = """
[bold]Seamless[/bold] runs a public procedure of several agencies as one durable case.

[bold]Examples[/bold]

  seamless submit application.json --wait
  seamless status
  seamless case list --overdue
  seamless case timeline --last
  seamless case verify --all

[bold]Exit codes[/bold]

    0  done
    1  something was found wrong: a broken ledger, an undecided case
    2  the command was used wrongly, or its input, a setting or a file is bad
    3  a server cannot be reached, or is not set up as required
  130  interrupted
  141  the reader of the output stopped reading, as head does

Settings come from the environment: SEAMLESS_KAFKA, SEAMLESS_TEMPORAL,
SEAMLESS_DATA, SEAMLESS_ARCHIVE, SEAMLESS_DIRECTORY and more
(docs/operating.md).
"""

app = typer.Typer(
    name="seamless",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root(
    show_version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=version.flag, is_eager=True),
    ] = False,
) -> None:
    pass


# --- what is mounted ----------------------------------------------------------------------------------------

app.command("up")(up.up)
app.command("demo")(demo.demo)
app.command("replay")(replay.replay)
app.command("status", epilog=status.EXAMPLES)(status.status)
app.command("doctor", epilog=doctor.EXAMPLES)(doctor.doctor)
app.command("measure", epilog=measure.EXAMPLES)(measure.measure)
app.add_typer(rebuild.app, name="rebuild")
rebuild.app.command("runs")(rebuild_whatif.runs)
rebuild.app.command("swap")(rebuild_whatif.swap)
app.command("submit")(submit.submit)
app.add_typer(case.app, name="case")
app.add_typer(calendar.app, name="calendar")
app.add_typer(procedure.app, name="procedure")
app.add_typer(pilot.app, name="pilot")
app.add_typer(dead_letter.app, name="dead-letter")
app.add_typer(party.app, name="party")
app.add_typer(topics.app, name="topics")
app.command("recover")(recover.recover)
app.add_typer(worker.app, name="worker")
app.command("version")(version.command)


def main() -> NoReturn:
    """The entry point of the script. A user's mistake is reported in a sentence, without a traceback."""
    from workers.process.ending import CLOSED_PIPE, code_after, flushed

    _open_standard_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):  # what its encoding lacks is written out
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = int(app(standalone_mode=False) or 0)
    except typer.TyperException as error:
        code = _misused(error)
    except SystemExit as error:
        if not isinstance(error.__context__, BrokenPipeError):
            raise
        code = CLOSED_PIPE  # what prints the help ends the program by itself
    except BaseException as error:
        code = code_after(error, exit_code_of)
    sys.exit(flushed(code, exit_code_of))


def _open_standard_streams() -> None:
    """Put the null device where whoever started us has closed one: what is opened next would take its place,
    and what is printed would go there."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _misused(error: typer.TyperException) -> int:
    """Tell how the command is used."""
    from seamless.cli.console import Console
    from workers.process.terminal import tell

    told = error.format_message()
    if told:  # else no arguments were given, and the help is shown
        if context := getattr(error, "ctx", None):
            console = Console(errors=True)
            console.print(context.get_usage())
            console.print(f"Help: {context.command_path} --help")
        tell(told)
    return error.exit_code


if __name__ == "__main__":
    main()
