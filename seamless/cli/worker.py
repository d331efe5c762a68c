"""``seamless worker``: one process of the platform, as it runs in production."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True, help="Run one process of the platform; settings come from the environment."
)


def _run(name: str, body: str, *arguments: str) -> None:
    from importlib import import_module

    from workers.process.entry import run_main
    from workers.process.settings import Settings
    from workers.process.telemetry import configure_logs, serve_metrics

    async def main() -> int:
        settings = Settings()
        configure_logs(settings.log_level, process=name)
        serve_metrics(settings.metrics_port)
        module, function = body.split(":")
        run: Callable[..., Awaitable[int]] = getattr(import_module(module), function)
        return await run(settings, *arguments)

    run_main(main)


@app.command()
def orchestrator() -> None:
    """Run the cases and what they send."""
    _run("orchestrator", "workers.orchestrator.main:run_orchestrator")


@app.command()
def gateway() -> None:
    """Carry events from Kafka into the cases."""
    _run("gateway", "workers.gateway.main:run_gateway")


@app.command()
def archive() -> None:
    """Write the ledger into its table."""
    _run("archive", "workers.archive.writer:run_archive")


@app.command()
def department(
    agency: Annotated[str, typer.Option(help="The agency whose automated checks to run.")],
) -> None:
    """Run a department's automated checks.

    Example: [bold]seamless worker department --agency drainage[/bold]
    """
    _run(f"department-{agency}", "workers.department.main:run_department", agency)


if __name__ == "__main__":
    app()
