"""``seamless doctor``: whether the installation is set up as required."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.padding import Padding

from seamless.cli.console import INDENT, Console, line, progress
from seamless.cli.options import Archive, Data, Json, Kafka, Temporal
from seamless.cli.run import run

if TYPE_CHECKING:
    from workers.process.checks.check import Finding

EXAMPLES = "Examples:\n\n  seamless doctor\n\n  seamless doctor --kafka broker.example:9092 --json"

EXIT_CODES = {"well": 0, "wrong": 1, "away": 3}
COLOURS = {"well": "green", "wrong": "red", "away": "yellow"}


def doctor(
    kafka: Kafka = None,
    temporal: Temporal = None,
    data: Data = None,
    archive: Archive = None,
    as_json: Json = False,
) -> None:
    """Check the settings, Kafka, Temporal and the archive; say what was compared, and the remedy.

    The processes make the same checks before they start work. Run it with their settings.
    Exits with 0 when all is well, 1 when a check found something wrong, 3 when a server is away.
    """
    import asyncio
    import logging

    from seamless.operate.checks import CASES, PROCEDURES_CHECKED
    from workers.process.checks.check import make
    from workers.process.checks.every import CHECKS
    from workers.process.settings import load_settings

    settings = load_settings(kafka=kafka, temporal=temporal, data=data, archive=archive)
    logging.disable(logging.CRITICAL)  # the findings report what the client libraries say about a server

    async def main() -> int:
        findings: list[Finding] = []
        # That of the procedures takes minutes on a machine under load: what is known of the servers is shown.
        exploring = asyncio.create_task(make((PROCEDURES_CHECKED,), settings))
        for asked, what in (
            (make((*CHECKS, CASES), settings), "the checks"),
            (exploring, "the check of each procedure"),
        ):
            with progress(Console(errors=True)) as bar:
                bar.add_task(what, total=None)
                found = await asked
            findings += found
            if not as_json:
                _show(found)
        if as_json:
            Console().json({"findings": [asdict(each) for each in findings]})
        return max(EXIT_CODES[each.result] for each in findings)

    run(main)


def _show(findings: Sequence[Finding]) -> None:
    console = Console()
    for each in findings:
        console.print(line((f"{each.result:5}", COLOURS[each.result]), " ", (each.check, "bold")))
        told = [line(each.compared), *([line(("cure: ", "bold"), each.cure)] if each.cure else [])]
        for one in told:
            console.print(Padding(one, (0, 0, 0, INDENT)))
