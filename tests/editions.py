"""A page in two languages, compared by what no translation changes, section by section: its headings, code,
tables, lists, pictures, links, names in code and figures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby, zip_longest
from pathlib import Path

CHINESE = ".zh.md"
HEADING = re.compile(r"(#+) (.+)")
ITEM = re.compile(r"\s*(?:-|\d+\.) ")
COMMENT = re.compile(r"(?<!\S)# .*$", re.MULTILINE)
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
SPAN = re.compile(r"`([^`]+)`")
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


@dataclass
class Section:
    """What stands under one heading, or before the first one (level 0)."""

    level: int
    title: str
    lines: list[str] = field(default_factory=list)
    blocks: list[tuple[str, str]] = field(default_factory=list)
    """The language and the code of each fenced block."""

    @property
    def text(self) -> str:
        """Its text without the code blocks, as one line."""
        return " ".join(" ".join(self.lines).split())

    @property
    def prose(self) -> str:
        """Its text without code and without where its links lead."""
        return re.sub(r"\]\([^)]*\)", "]", SPAN.sub("", self.text))

    def tables(self) -> list[int]:
        """How many lines each table has."""
        grouped = groupby(self.lines, key=lambda line: line.startswith("|"))
        return [sum(1 for _ in lines) for table, lines in grouped if table]

    def paragraphs(self) -> int:
        """How many paragraphs it has; a list or a table is one."""
        return sum(1 for said, _ in groupby(self.lines, key=lambda line: bool(line.strip())) if said)

    def code(self) -> list[tuple[str, str]]:
        """Its blocks; of a comment only that there is one, since it may be translated."""
        return [(language, COMMENT.sub("#", body)) for language, body in self.blocks]


def sections(text: str) -> list[Section]:
    """The sections of a page, in order."""
    found = [Section(0, "")]
    language: str | None = None
    body: list[str] = []
    for line in text.splitlines():
        if line.startswith("```"):
            if language is None:
                language, body = line[3:], []
            else:
                found[-1].blocks.append((language, "\n".join(body)))
                language = None
        elif language is not None:
            body.append(line)
        elif heading := HEADING.fullmatch(line):
            found.append(Section(len(heading[1]), heading[2]))
        else:
            found[-1].lines.append(line)
    return found


def anchors(text: str) -> list[str]:
    """By what the headings of a page are linked to, as GitHub makes it of them; in order."""
    made: list[str] = []
    times: Counter[str] = Counter()
    for section in sections(text)[1:]:
        plain = re.sub(r"[^\w\- ]", "", section.title.lower()).replace(" ", "-")
        made.append(f"{plain}-{times[plain]}" if times[plain] else plain)
        times[plain] += 1
    return made


@cache
def _anchors_of(file: Path) -> list[str]:
    return anchors(file.read_text("utf-8"))


def english(path: Path) -> Path:
    """The English edition of a page, which may be that edition itself."""
    return path.with_name(path.name.removesuffix(CHINESE).removesuffix(".md") + ".md")


def destination(page: Path, target: str) -> str:
    """Where a link leads, the same for both editions: to which file, and to which of its headings.

    Raises:
        LookupError: it leads nowhere.
    """
    if re.match(r"[a-z]+:", target):
        return target
    name, _, anchor = target.partition("#")
    file = (page.parent / name).resolve() if name else page.resolve()
    if not file.exists():
        raise LookupError(f"{page.name}: no file {target}")
    if file.suffix != ".md":
        return re.sub(r"\.(zh|en)\.svg$", ".svg", str(file)) + anchor
    if not anchor:
        return str(english(file))
    known = _anchors_of(file)
    if anchor not in known:
        raise LookupError(f"{page.name}: no heading {target}")
    return f"{english(file)}#{known.index(anchor)}"


def _told(page: Path, section: Section) -> Iterator[tuple[str, object]]:
    text = section.text
    yield "level of the heading", section.level
    yield "code blocks", section.code()
    yield "paragraphs", section.paragraphs()
    yield "lines of tables", section.tables()
    yield "list items", sum(1 for line in section.lines if ITEM.match(line))
    yield "pictures", [destination(page, each) for each in PICTURE.findall(text)]
    yield "links", sorted(destination(page, each) for each in LINK.findall(text))
    yield "names in code", sorted(set(SPAN.findall(text)))


def differences(page: Path, text: str, other: Path, translation: str) -> list[str]:
    """Where a page and its translation do not say the same, as far as that can be seen without reading them.

    Args:
        page: the file of the English ``text``, from which its links lead.
        other: the file of the ``translation``.
    """
    found = []
    for left, right in zip_longest(sections(text), sections(translation)):
        if left is None or right is None:
            found.append(f"{(left or right).title}: a section of one edition alone")
            continue
        for (what, here), (_, there) in zip(_told(page, left), _told(other, right), strict=True):
            if here != there:
                found.append(f"{left.title or page.name}: {what}: {here} / {there}")
        missing = set(NUMBER.findall(left.prose)) - set(NUMBER.findall(right.prose))
        if missing:
            found.append(f"{left.title or page.name}: figures that the translation lacks: {sorted(missing)}")
    return found
