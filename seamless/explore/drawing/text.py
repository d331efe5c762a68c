"""How wide a text is, and where it is broken, without a font: widths are those of a wide one, so that a text
never needs more room than it gets."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_WIDTHS = {
    0.36: "ijl|'",
    0.46: 'Ifrt.,:;!()[]/\\- "`',
    0.6: "cszkvxyJ",
    0.66: "abdeghnopqu0123456789?$_*{}L",
    0.8: "ABCEFKPRSTXYZ",
    0.86: "wDGHNOQUV+<>=~#^&",
    1.03: "mMW@%",
}
_EM = {character: width for width, characters in _WIDTHS.items() for character in characters}
"""How wide a character of ASCII is at most, in ems: in DejaVu Sans, one of the widest fonts for text."""

BOLD = 1.14


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text is at most, in the unit of ``size``, its font's size."""
    return sum(_em(each) for each in text) * size * (BOLD if bold else 1)


def _em(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    return _EM.get(character, 1.03)


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """A text in lines that are no wider than ``width``: broken between words, where there are some, and else
    anywhere. Nothing of it is cut off."""
    lines: list[str] = []
    line = ""
    for word in _words(text):
        if width_of((line + word).rstrip(), size, bold=bold) <= width:
            line += word
            continue
        if line.strip():
            lines.append(line.strip())
        line = ""
        for character in word.lstrip():
            if line and width_of(line + character, size, bold=bold) > width:
                lines.append(line)
                line = ""
            line += character
    if line.strip():
        lines.append(line.strip())
    return lines or [""]


_NOT_FIRST = frozenset("，。、；：？！）》”’…—")


def _words(text: str) -> Iterator[str]:
    """What is not broken unless it must be: a word with the space after it; a character that is as wide as it
    is high, with the mark after it."""
    word = ""
    for character in text:
        wide = unicodedata.east_asian_width(character) in "WF"
        if word and (
            (wide and character not in _NOT_FIRST)
            or (word[-1] == " " and character != " ")
            or (
                unicodedata.east_asian_width(word[-1]) in "WF"
                and character not in _NOT_FIRST
                and character != " "
            )
        ):
            yield word
            word = ""
        word += character
    if word:
        yield word
