"""Take the pictures of the documents: ``make pictures`` runs a town for some minutes and shows what operators
see of it: the dashboards, ``seamless status``, and Temporal's UI.

Everything is real but the town: the stack, Debian's Prometheus, its answers, the browser.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.grafana.dashboards import DASHBOARDS
from deploy.local.stack import Stack, environment
from tests.documented import views
from tests.watching.picture import Asked, answers, drawn
from tests.watching.servers import Prometheus, prometheus
from tests.watching.temporal_ui import TemporalUI, temporal_ui
from tests.watching.terminal import on_terminal, pictured
from tests.watching.town import watched_town

DOCS = Path(__file__).parents[2] / "docs"
CHOSEN = {"agency": "fire-safety", "procedure": "construction-permit"}
LISTED = "accepted and not yet decided"
"""The query of docs/operating.md whose list is shown."""
COUNTED_SECONDS = 5.0
"""After so long Prometheus knows what is overdue now."""


def main() -> None:
    """Run a town, then take pictures of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.watching", description=__doc__)
    parser.add_argument("--minutes", type=float, default=4.0, help="how long the town runs")
    parser.add_argument("--out", type=Path, default=DOCS, help="where the pictures go")
    given = parser.parse_args()
    asyncio.run(_take(given.minutes * 60, given.out))


async def _take(seconds: float, out: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="seamless-") as name:
        folder = Path(name)
        (folder / "prometheus").mkdir()
        async with (
            watched_town(folder / "town") as stack,
            prometheus(folder / "prometheus", stack) as source,
        ):
            began = time.time()
            await asyncio.sleep(seconds)
            async with temporal_ui(stack, folder / "browser") as ui:
                _keep(out, await _temporal(ui))
                await ui.late(CHOSEN["procedure"])
                _keep(out, {"pictures/status.svg": await _status(stack)})
                await ui.late(CHOSEN["procedure"])
                await asyncio.sleep(COUNTED_SECONDS)
                _keep(out, await _dashboards(source, since=began))


def _keep(out: Path, pictures: Mapping[str, bytes]) -> None:
    for name, picture in pictures.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)


async def _dashboards(source: Prometheus, *, since: float) -> dict[str, bytes]:
    now = time.time()
    asked = Asked(now=now, seconds=now - since, step=max(1.0, (now - since) / 150))
    return {
        f"dashboards/{each.uid}.svg": drawn(
            each, await answers(source, each, CHOSEN, asked), CHOSEN, asked
        ).encode()
        for each in DASHBOARDS
    }


async def _status(stack: Stack) -> bytes:
    command = ["status", "--lang", "en"]
    return pictured(command[:1], await on_terminal(command, environment(stack.settings))).encode()


async def _temporal(ui: TemporalUI) -> dict[str, bytes]:
    query = views((DOCS / "operating.md").read_text("utf-8"))[LISTED]
    case, details = await ui.details(CHOSEN["procedure"])
    return {
        "pictures/temporal-case.png": details,
        "pictures/temporal-timeline.png": await ui.timeline(case),
        "pictures/temporal-cases.png": await ui.listed(LISTED, query),
    }


if __name__ == "__main__":
    main()
