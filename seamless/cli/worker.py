"""``seamless worker``: one process of the platform, as it runs in production."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from workers.process.settings import Settings

app = typer.Typer(
    no_args_is_help=True, help="Run one process of the platform; settings come from the environment."
)


@app.command()
def orchestrator() -> None:
    """Run the cases, and publish what they send.

    Example: [bold]seamless worker orchestrator[/bold]
    """
    from workers.orchestrator.main import run

    _run("orchestrator", run)


@app.command()
def gateway() -> None:
    """Carry events from Kafka into the cases.

    Example: [bold]SEAMLESS_KAFKA=broker.example:9092 seamless worker gateway[/bold]
    """
    from workers.gateway.main import run

    _run("gateway", run)


@app.command()
def archive() -> None:
    """Write the ledger into its table.

    Example: [bold]SEAMLESS_ARCHIVE=sqlite:////var/lib/seamless/archive.db seamless worker archive[/bold]
    """
    from workers.archive.main import run

    _run("archive", run)


@app.command()
def watcher() -> None:
    """Count the cases that are stuck, for the metrics.

    Example: [bold]seamless worker watcher[/bold]
    """
    from workers.watcher.main import run

    _run("watcher", run)


@app.command()
def department(
    agency: Annotated[str, typer.Option(help="The agency whose automated checks to run.")],
) -> None:
    """Run a department's automated checks.

    Example: [bold]seamless worker department --agency drainage[/bold]
    """
    from workers.department.main import run
    from workers.process.identity import department_process

    _run(department_process(agency), run, agency=agency)


def _run(name: str, run: Callable[[Settings], Coroutine[Any, Any, None]], **given: Any) -> None:
    from seamless.cli.run import exit_code_of
    from workers.process.run import run_process
    from workers.process.settings import load_settings

    run_process(name, run, settings=load_settings(**given), exit_code_of=exit_code_of)
