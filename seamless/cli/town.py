"""``seamless up --simulate``: what goes on in a simulated town, shown while it runs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from rich.live import Live
from rich.text import Text

from seamless.cli.console import Console, Part, line
from seamless.town.town import Town

LIVE_SECONDS = 0.5
LINE_SECONDS = 10.0
"""How often a line is printed where the output is not a terminal."""
SHORTEST_SECONDS = 1.0
MOST_NAMED = 3


def told(town: Town) -> list[Text]:
    """What is simulated, in a few lines."""
    scenario, kinds = town.scenario, Counter(each.kind for each in town.players.parties)
    parties = f"{kinds['agency']} agencies and {kinds['channel']} channels, on Kafka"
    lines = [
        line(("Simulated", "bold"), f" {parties}; a working day lasts {scenario.day.total_seconds():g} s"),
        line(
            f"  an application every {scenario.seconds_between:g} s on average, {scenario.per_day:g} a day; "
            f"seed {scenario.seed}"
        ),
    ]
    if scenario.apart:
        lines.append(line(f"  not simulated: {', '.join(sorted(scenario.apart))}"))
    return lines


async def shown(town: Town, *, as_json: bool) -> None:
    """Run a town to its end, and show what goes on: on a terminal in a line that changes, else in a line now
    and then; as JSON in one object each working day, and one at the end."""
    working = asyncio.ensure_future(town.run())
    telling = asyncio.ensure_future(_tell_in_json(town) if as_json else _tell(town))
    try:
        await asyncio.wait([working, telling], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in (working, telling):
            each.cancel()
        await asyncio.wait([working, telling])
    for each in (working, telling):
        if not each.cancelled():
            each.result()
    if as_json:
        Console().json({"town": figures(town) | {"ended": True}})
    else:
        Console().print(now(town))


async def _tell_in_json(town: Town) -> None:
    console = Console()
    while True:
        await asyncio.sleep(max(SHORTEST_SECONDS, town.scenario.day.total_seconds()))
        console.json({"town": figures(town)})


async def _tell(town: Town) -> None:
    console = Console()
    if not console.is_terminal:
        while True:
            await asyncio.sleep(LINE_SECONDS)
            console.print(now(town))
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            live.update(now(town), refresh=True)
            await asyncio.sleep(LIVE_SECONDS)


def figures(town: Town) -> dict[str, object]:
    """What goes on, as one JSON object."""
    scenario = town.scenario
    return {
        "seed": scenario.seed,
        "day_seconds": scenario.day.total_seconds(),
        "applications_per_day": scenario.per_day,
        "checking": town.procedures is None,
        "not_open": {each.item.procedure: each.against for each in town.procedures or () if each.against},
        "handed_in": len(town.handed_in),
        "said": town.said,
        **town.players.board.figures(datetime.now(UTC)),
    }


def now(town: Town) -> Text:
    """What goes on, in one line."""
    board = town.players.board
    overdue = board.overdue(datetime.now(UTC))
    checking = "procedures are checked; " if town.procedures is None else ""
    parts: list[Part] = [
        checking,
        (f"{board.kinds['opened']}", "bold"),
        " opened, ",
        (f"{board.open}", "bold"),
        f" open, {board.kinds['decided']} decided, ",
        (f"{overdue.total()}", "red" if overdue else ""),
        f" overdue{_named({each.id or str(each): count for each, count in overdue.items()})}",
    ]
    if board.outcomes:
        parts.append("; " + ", ".join(f"{count} {each}" for each, count in board.outcomes.most_common()))
    parts += [f"; not open: {each.item.procedure}" for each in town.procedures or () if each.against]
    parts.append(f"; {board.kinds['deemed']} by silence, {board.kinds['supplemented']} supplemented")
    if refused := board.refused:
        parts += ["; ", (f"{refused.total()} dead letters", "red"), _named(refused)]
    return line(*parts)


def _named(counts: Mapping[str, int]) -> str:
    """The largest of these, in brackets; nothing where there is none."""
    most = Counter(counts).most_common(MOST_NAMED)
    more = ["…"] if len(counts) > MOST_NAMED else []
    return f" ({', '.join([*(f'{name} {count}' for name, count in most), *more])})" if most else ""
