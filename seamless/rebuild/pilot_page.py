"""One page about a pilot, for a leader: read in two minutes, without another file, a script or a network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from math import log10

from archive.pilots.evidence import Weighed
from contracts.pilots import Arm
from seamless.rebuild.page import STYLE, table
from seamless.rebuild.phrases import Language, Naming
from seamless.rebuild.pictures import (
    BOTTOM,
    COLOURS,
    GRID,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Line,
    curves,
    label,
    legend,
    opening,
    text,
)
from seamless.rebuild.pilot import Pilot
from seamless.rebuild.pilot_phrases import PilotPhrases
from seamless.rebuild.pilot_telling import told

HEIGHT = 210


def pilot_page(pilot: Pilot, language: Language, naming: Naming, zone: tzinfo) -> str:
    """The page, in a language."""
    say, said = PilotPhrases(language), told(pilot, language, naming, zone)
    parts = [f"<h1>{text(said.title)}</h1>", f'<p class="sub">{text(said.subtitle)}</p>']
    parts.append(f'<p class="first">{text(said.stands)}</p>')
    parts.append(_listed([*said.evidence, *([said.next] if said.next else [])]))
    parts += _pictures(pilot, say)
    if said.arms is not None:
        parts += [f"<h2>{text(said.arms.title)}</h2>", table(said.arms)]
    parts += [f"<h2>{text(say('p-s-history'))}</h2>", _listed(said.history)] if said.history else []
    lang = "zh-Hans" if language == "zh" else "en"
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(said.title)}</title><style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _listed(sentences: tuple[str, ...] | list[str]) -> str:
    return "<ul>" + "".join(f"<li>{text(each)}</li>" for each in sentences) + "</ul>" if sentences else ""


def _pictures(pilot: Pilot, say: PilotPhrases) -> Iterator[str]:
    if pilot.times.means:
        arms: tuple[tuple[Arm, str | None], ...] = (("new", pilot.new), ("old", pilot.old))
        lines = [
            Line(say(f"p-{arm}", variant=variant or say("p-unknown")), pilot.times.means[arm])
            for arm, variant in arms
        ]
        yield f"<h2>{text(say('p-s-curve'))}</h2>\n{curves(lines, say, say('p-s-curve'))}"
    faster, slower = pilot.evidence.faster, pilot.evidence.slower
    if faster.course or slower.course:
        yield f"<h2>{text(say('p-s-evidence'))}</h2>\n{_grown(faster, slower, say)}"


def _grown(faster: Weighed, slower: Weighed, say: PilotPhrases) -> str:
    """The e-values over time, on a scale on which each step is ten times the one before."""
    ways = (("p-is-faster", faster), ("p-is-slower", slower))
    days = [day for _, each in ways for day, _ in each.course]
    first, last = min(days), max(days)
    span = (last - first) or 1.0
    top, low = log10(faster.goal) + 1, -2.0
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(day: float) -> float:
        return LEFT + across * (day - first) / span

    def y(value: float) -> float:
        found = min(top, max(low, log10(value))) if value > 0 else low
        return TOP + down * (1 - (found - low) / (top - low))

    parts = [opening(HEIGHT, say("p-s-evidence"))]
    for value in (0.01, 0.1, 1.0, faster.goal):
        goal = value == faster.goal
        stroke = f'stroke="{COLOURS[2] if goal else GRID}"' + (' stroke-dasharray="5 4"' if goal else "")
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" {stroke}/>'
        )
        parts.append(label(LEFT - 6, y(value) + 4, f"{value:g}", "end"))
    for at in range(5):
        anchor = "end" if at == 4 else "middle" if at else "start"
        parts.append(label(x(first + span * at / 4), HEIGHT - BOTTOM + 16, say.time(span * at / 4), anchor))
    for number, (_, each) in enumerate(ways):
        points, before = [f"{x(first):.1f},{y(1.0):.1f}"], 1.0
        for day, value in each.course:
            points += [f"{x(day):.1f},{y(before):.1f}", f"{x(day):.1f},{y(value):.1f}"]
            before = value
        points.append(f"{x(last):.1f},{y(before):.1f}")
        drawn = f'points="{" ".join(points)}" fill="none" stroke="{COLOURS[number]}"'
        parts.append(f'<polyline {drawn} stroke-width="2.2"/>')
    names = [(say(key), COLOURS[number]) for number, (key, _) in enumerate(ways)]
    return "".join([*parts, *legend([*names, (say("p-decides"), COLOURS[2])], HEIGHT - 8), "</svg>"])
