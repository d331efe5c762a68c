"""What ``seamless procedure compare`` shows: figures side by side, or as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.table import Column, Table

from contracts.terms.burden import Published
from contracts.terms.fees import Fee
from contracts.terms.values import Bilingual
from seamless.cli.console import Console, block, line
from seamless.explore.compared import Figures
from seamless.explore.drawing.model import Box
from seamless.explore.drawing.words import LANGUAGES, Words

ROWS = {
    "name": ("事项", "name"),
    "law": ("依据版本", "law version"),
    "steps": ("环节", "steps"),
    "plain-steps": ("其中通常路径", "on the plain path"),
    "agencies": ("部门", "agencies"),
    "handoffs": ("交接（通常路径）", "handoffs, plain path"),
    "most-handoffs": ("交接（最多）", "handoffs, at most"),
    "waits": ("申请人等待次数", "applicant waits"),
    "forms": ("表格", "forms"),
    "materials": ("申请人提交材料", "materials asked"),
    "held": ("部门已有材料", "an agency has"),
    "visits": ("跑动次数", "visits"),
    "inspections": ("现场检查", "inspections"),
    "fees": ("收费", "fees"),
    "by-silence": ("逾期的后果", "silence decides"),
    "in-time": ("最长办理时间（按期）", "longest, in time"),
    "with-silence": ("最长办理时间（逾期）", "longest, with silence"),
    "endless": ("无期限的环节", "without limit"),
    "statutory": ("法定时限", "statutory"),
    "promised": ("承诺时限", "promised"),
    "after": ("先后关系", "who waits for whom"),
    "published": ("公布来源", "published by"),
    "assumed": ("假定", "assumed"),
    "left": ("未推演的状态", "not explored"),
}
BESIDE = ("{}（公布：{}）", "{} (published: {})")
"""What is counted, and beside it what somebody published."""

UNKNOWN, NONE, TIMES = ("不明", "not known"), ("无", "none"), ("{}次", "{}")
AFTER = ("{} ← {}", "{} after {}")


def as_json(found: Figures) -> dict[str, Any]:
    """The figures of one side. What is not known is null."""
    law = found.drawing.law
    return {
        "compared": found.name,
        "name": found.drawing.item.name.model_dump(mode="json"),
        "law": law.id,
        "steps": {"all": len(found.steps), "plain_path": found.plain_steps},
        "agencies": [each.id for each in found.agencies],
        "handoffs": {"plain_path": found.handoffs, "at_most": found.most_handoffs},
        "applicant_waits": found.applicant_waits,
        "forms": _codes(found.forms),
        "materials_asked": _codes(found.materials),
        "materials_an_agency_has": _codes(found.held),
        "visits": found.visits,
        "inspections": found.inspections,
        "published": found.published and found.published.model_dump(mode="json"),
        "assumed": [each.model_dump(mode="json") for each in found.drawing.item.assumed],
        "fees": [each.model_dump(mode="json", include={"code", "amount", "per"}) for each in found.fees],
        "by_silence": [each._asdict() for each in found.by_silence],
        "longest_days": {
            "in_time": None if found.in_time is None else round(float(found.in_time), 1),
            "with_silence": None if found.with_silence is None else round(float(found.with_silence), 1),
            "without_limit": list(found.endless),
        },
        "statutory": law.statutory.model_dump(mode="json", include={"count", "unit"}),
        "promised": law.promised.model_dump(mode="json", include={"count", "unit"}),
        "waits_for": [
            {**_step(each.box), "after": [_step(before) for before in each.after]} for each in found.awaited
        ],
        "states_not_explored": found.left,
    }


def _codes(things: Iterable[Any] | None) -> list[str] | None:
    return None if things is None else [each.code for each in things]


def _step(box: Box) -> dict[str, str | None]:
    return {"step": box.name, "holder": box.lane}


def print_compared(one: tuple[Figures, Words], other: tuple[Figures, Words]) -> None:
    """Print both sides as a table. A row in which they differ is bold."""
    console = Console()
    sides = [dict(_told(*each)) for each in (one, other)]
    width = min(20, max(8, (console.width - 4) // 4))
    rest = max(4, (min(console.width, 132) - width - 4) // 2)
    columns = [Column(width=width, overflow="fold")]
    table = Table.grid(*columns, *(Column(width=rest, overflow="fold") for _ in sides), padding=(0, 2, 0, 0))
    table.add_row("", *(line((each[0].drawing.workflow_type, "bold")) for each in (one, other)))
    language = LANGUAGES.index(one[1].language)
    for row, names in ROWS.items():
        texts = [side[row] for side in sides]
        if any(texts):
            style = "" if texts[0] == texts[1] else "bold"
            table.add_row(line((names[language], "dim")), *(block((text, style)) for text in texts))
    console.print(table)


def _told(found: Figures, words: Words) -> Iterator[tuple[str, str]]:
    """Each row of one side; one that is empty is left out where it is for both."""
    at = LANGUAGES.index(words.language)
    law = found.drawing.law
    unknown = UNKNOWN[at]

    public = found.published or Published(source="nobody")

    def beside(text: str, published: object) -> str:
        return text if published is None else BESIDE[at].format(text, published)

    def count(number: int | None, published: int | None = None) -> str:
        return beside(unknown if number is None else TIMES[at].format(number), published)

    def counted(names: Sequence[str] | None, published: int | None = None) -> str:
        if names is None:
            return beside(unknown, published)
        if published is None and len(names) < 2:
            return names[0] if names else NONE[at]
        often = [name if times == 1 else f"{name} × {times}" for name, times in Counter(names).items()]
        return "\n".join([f"{beside(str(len(names)), published)}:", *often])

    yield "name", words.name
    yield "law", law.id
    yield "steps", str(len(found.steps))
    yield "plain-steps", unknown if found.plain_steps is None else str(found.plain_steps)
    yield "agencies", counted([words.lane(each) for each in found.agencies], public.agencies)
    yield "handoffs", count(found.handoffs)
    yield "most-handoffs", count(found.most_handoffs)
    yield "waits", count(found.applicant_waits)
    yield "forms", counted(_names(found.forms, words), public.forms)
    yield "materials", counted(_names(found.materials, words), public.materials)
    yield "held", counted(_names(found.held, words))
    yield "visits", count(found.visits, public.visits)
    yield "inspections", count(found.inspections, public.inspections)
    yield "fees", counted([_fee(each, words) for each in found.fees])
    yield "by-silence", counted(list(_by_silence(found, words)))
    for row, days in (("in-time", found.in_time), ("with-silence", found.with_silence)):
        time = words.limit(public.time) if row == "with-silence" and public.time else None
        yield row, beside(unknown if days is None else words.days(days), time)
    yield "endless", words.word("join").join(_endless(found, words))
    yield "statutory", words.limit(law.statutory)
    yield "promised", words.limit(law.promised)
    after = [
        AFTER[at].format(
            words.whole_title(each.box), words.word("join").join(map(words.whole_title, each.after))
        )
        for each in found.awaited
        if each.after
    ]
    yield "after", "\n".join(after)
    yield "published", found.published.source if found.published else ""
    yield "assumed", "\n".join(_text(each, words) for each in found.drawing.item.assumed)
    yield "left", str(found.left) if found.left else ""


def _names(things: Iterable[Any] | None, words: Words) -> list[str] | None:
    return None if things is None else [_text(each.name, words) for each in things]


def _text(text: Bilingual, words: Words) -> str:
    return text.text(words.language)


def _fee(fee: Fee, words: Words) -> str:
    per = f" × {fee.per}" if fee.per else ""
    return f"{_text(fee.name, words)} {fee.amount.amount} {fee.amount.currency}{per}"


def _endless(found: Figures, words: Words) -> list[str]:
    boxes = {box.name: box for box in found.drawing.boxes}
    return [words.title(boxes[each]) if each in boxes else each for each in found.endless]


def _by_silence(found: Figures, words: Words) -> Iterator[str]:
    """What silence brings: of each step what is in its box; of the decision what the law says."""
    for box in found.steps:
        if box.end is not None:
            yield f"{words.title(box)} ({words.lane(box.lane)}) {words.silence(box)}"
    if late := words.late():
        yield late
