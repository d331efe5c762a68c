"""Texts that try to drive a terminal."""

from __future__ import annotations

from hypothesis import Phase, settings
from hypothesis import strategies as st

from contracts.terms.bounds import printable
from tests.unit.seamless.cli.running import Said

ORDERS = [
    *("\x1b[31m", "\x1b[2J", "\x1b]0;owned\x07", "\x1b]8;;http://x\x1b\\", "\x9b31m", "\x90", "\x07", "\x08"),
    *("\r", "\n", "\t", "\x00", "\x7f", "\x85", "\u2028", "\u2029"),
    *("\u202e", "\u202d", "\u2066", "\u2069", "\u200f", "\u061c", "\u200b", "\u200d", "\ufeff", "\U000e0041"),
    *("[red]", "[/]", "[/red]", "[link=http://x]", "[bold", "\\[red]", "[@click=x]"),
    *(":bomb:", "urn:x:1", ":warning-emoji:", "urn:skull:1"),
    *("seamless: done", "桥", "a b", "\\", "%s", "{x}"),
]
TEXTS = st.permutations(ORDERS).map(lambda orders: "".join(orders[:20]))
CARRIED = TEXTS.map(printable)
"""Texts that a contract holds."""
PASSED = TEXTS.map(lambda text: text.replace("\0", "").strip("\\-"))
"""Texts that an operating system passes to a command, which takes them for no option."""

WHOLE = [Phase.explicit, Phase.reuse, Phase.generate]
fuzzed = settings(max_examples=6, deadline=None, phases=WHOLE)


def assert_safe(said: Said) -> None:
    """What was printed drives no terminal, and quotes nothing that looks like a message of ours."""
    assert said.drives_the_terminal == []
    assert "Traceback" not in said.err
    told = [line for line in said.err.splitlines() if line.startswith("seamless: ")]
    assert len(told) <= 1, "a quoted text looks like another message"
