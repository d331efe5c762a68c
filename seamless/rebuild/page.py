"""One page that a leader reads in two minutes: the findings, their pictures, the tables. It needs no other
file, no script and no network."""

from __future__ import annotations

from collections.abc import Iterator

from seamless.rebuild.figures import Measured
from seamless.rebuild.phrases import AsWritten, Language, Naming, Phrases
from seamless.rebuild.pictures import Line, Piece, curves, months, stacked, text
from seamless.rebuild.telling import Section, Told, told

FONTS = "'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', 'DejaVu Sans', Arial, sans-serif"
STYLE = f"""
body {{ font: 15px/1.55 {FONTS}; color: #1a1a1a; max-width: 720px; margin: 24px auto; padding: 0 16px }}
h1 {{ font-size: 24px; margin: 0 }} h2 {{ font-size: 17px; margin: 28px 0 6px }}
.sub, .note {{ color: #5f6368; margin: 2px 0 }} .note {{ font-size: 13px }}
.first {{ font-size: 18px; border-left: 4px solid #0b57d0; padding: 2px 0 2px 12px; margin: 18px 0 }}
ul {{ padding-left: 20px }} li {{ margin: 6px 0 }}
svg {{ width: 100%; height: auto; font-family: inherit }}
.wide {{ overflow-x: auto }}
table {{ border-collapse: collapse; width: 100%; font-size: 13px }}
th {{ text-align: left; color: #5f6368; font-weight: normal; border-bottom: 1px solid #dadce0 }}
td, th {{ padding: 4px 8px 4px 0; vertical-align: top }} td {{ border-bottom: 1px solid #f1f3f4 }}
td:not(:first-child) {{ font-variant-numeric: tabular-nums }}
@media print {{ body {{ margin: 0 auto; font-size: 12px }} h2, svg, tr {{ break-inside: avoid }} }}
"""


def page(found: Measured, language: Language, naming: Naming | None = None) -> str:
    """The page, in a language."""
    naming = naming or AsWritten()
    say, all_told = Phrases(language), told(found, language, naming)
    lang = "zh-Hans" if language == "zh" else "en"
    body = "\n".join([*_first(all_told), *_pictures(found, say, naming), *_tables(all_told)])
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(all_told.title)}</title><style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _first(all_told: Told) -> Iterator[str]:
    yield f"<h1>{text(all_told.title)}</h1>"
    yield f'<p class="sub">{text(all_told.subtitle)}</p>'
    first, *others = all_told.findings
    yield f'<p class="first">{text(first)}</p>'
    yield "<ul>" + "".join(f"<li>{text(each)}</li>" for each in others) + "</ul>"


def _pictures(found: Measured, say: Phrases, naming: Naming) -> Iterator[str]:
    halves = found.halves
    if halves is not None and halves.first.whole is not None and halves.second.whole is not None:
        lines = [
            Line(f"{say(name)} ({half.since:%Y-%m-%d} – {half.until:%Y-%m-%d})", half.whole)
            for name, half in (("first", halves.first), ("second", halves.second))
            if half.whole is not None
        ]
        yield _titled(say("s-curve"), curves(lines, say, say("s-curve")))
    elif found.whole is not None:
        yield _titled(say("s-curve"), curves([Line(say("c-whole"), found.whole)], say, say("s-curve")))
    if found.phases:
        pieces = [Piece(say(part.name or "nobody"), part.share) for part in found.phases]
        yield _titled(say("s-phases"), stacked(pieces, say, say("s-phases")))
    if found.known_holders:
        who = [
            Piece(naming.party(part.name), part.share)
            if part.name is not None
            else Piece(say("nobody"), part.share, known=False)
            for part in found.holders[:6]
        ]
        yield _titled(say("s-holders"), stacked(who, say, say("s-holders")))
    if len(found.months) > 1:
        yield _titled(say("s-months"), months(found.months, say, say("s-months")))


def _titled(title: str, picture: str) -> str:
    return f"<h2>{text(title)}</h2>\n{picture}"


def _tables(all_told: Told) -> Iterator[str]:
    for section in all_told.sections:
        yield f"<h2>{text(section.title)}</h2>"
        yield from (f'<p class="note">{text(note)}</p>' for note in section.notes)
        if section.rows:
            yield table(section)


def table(section: Section) -> str:
    """The table of a section."""
    head = "".join(f"<th>{text(name)}</th>" for name in section.header)
    rows = "".join(
        "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>" for row in section.rows
    )
    return f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>'
