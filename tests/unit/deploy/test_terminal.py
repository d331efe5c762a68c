"""Pictures of a terminal: they show what a command said, and need nothing but themselves."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from tests.watching.terminal import COLUMNS, on_terminal, pictured

WORDS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=COLUMNS)


def texts(picture: str) -> list[str]:
    """The words on a picture, line by line."""
    lines: dict[str, str] = {}
    for each in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):
        if height := each.get("y"):
            lines[height] = lines.get(height, "") + html.unescape(each.text or "").replace("\xa0", " ")
    return [line.strip() for line in lines.values()]


@given(WORDS)
def test_a_line_is_shown_as_it_was_said(said: str) -> None:
    assert said in texts(pictured(["status"], f"\x1b[31m{said}\x1b[0m\r\n"))


def test_a_picture_asks_nobody_for_a_font() -> None:
    drawn = pictured(["status"], "something needs a person\n")
    assert re.findall(r"\w+://[^\"\s]+", drawn) == ["http://www.w3.org/2000/svg"]


async def test_a_command_is_run_on_a_terminal() -> None:
    said = await on_terminal(["procedure", "list"], {})
    assert "\x1b[" in said, "what is no terminal gets no colours"
    shown = texts(pictured(["procedure", "list"], said))
    assert "$ seamless procedure list" in shown
    assert any("construction-permit" in each for each in shown)
