"""What a process says of itself is understood as far as it is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamless.status.identity import Said, said_in
from workers.process.identity import Identity


def test_our_processes_say_everything() -> None:
    here = Identity.here("gateway", "0.2.0+city")
    assert said_in(str(here)) == Said("gateway", here.host, here.pid, "0.2.0+city")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4711@city-1", Said(host="city-1", pid=4711)),
        ("aiokafka-0.14.0", Said()),
        ("", Said()),
        ("gateway@", Said()),
        ("gateway@a#b", Said()),
    ],
)
def test_what_is_not_said_is_not_known(text: str, said: Said) -> None:
    assert said_in(text) == said


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert isinstance(said_in(text), Said)
