"""``seamless status``: the state of an installation, and what needs a person."""

from __future__ import annotations

from seamless.cli.options import Archive, Data, Json, Kafka, Lang, Temporal
from seamless.cli.run import run

EXAMPLES = "Examples:\n\n  seamless status\n\n  watch seamless status\n\n  seamless status --json"

EXIT_CODES = {"well": 0, "needs-a-person": 1, "away": 3}


def status(
    lang: Lang = None,
    as_json: Json = False,
    kafka: Kafka = None,
    temporal: Temporal = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Show the state of the installation: servers, processes, what waits, and what needs a person.

    It changes nothing. Exits with 0 when all is well, 1 when something needs a person, 3 when a server is
    away: what the others report is still shown.
    """
    import logging

    from seamless.cli.console import Console, progress
    from seamless.cli.names import Names, language
    from seamless.cli.status_views import print_status
    from seamless.status.asking import status_of
    from workers.process.settings import load_settings

    settings = load_settings(kafka=kafka, temporal=temporal, data=data, archive=archive)
    logging.disable(logging.CRITICAL)  # the report says what the client libraries say about a server

    async def main() -> int:
        with progress(Console(errors=True)) as bar:
            bar.add_task("asking Kafka, Temporal and the archive", total=None)
            found = await status_of(settings)
        if as_json:
            Console().json(found.model_dump(mode="json"))
        else:
            print_status(found, settings, Names(settings.directory, language(lang)))
        return EXIT_CODES[found.result]

    run(main)
