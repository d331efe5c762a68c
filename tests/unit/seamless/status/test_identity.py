"""What a process says of itself is understood as far as it is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamless.status.identity import Identity, identity_of

WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789-._", min_size=1)


@given(WORD, WORD, st.integers(1, 4_194_304), st.none() | WORD)
def test_a_process_that_says_everything(process: str, host: str, pid: int, build: str | None) -> None:
    text = f"{process}@{host}#{pid}" + (f" build={build}" if build else "")
    assert identity_of(text) == Identity(process, host, pid, build)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4711@city-1", Identity(host="city-1", pid=4711)),
        ("aiokafka-0.14.0", Identity()),
        ("", Identity()),
        ("gateway@", Identity()),
        ("gateway@a#b", Identity()),
    ],
)
def test_what_is_not_said_is_not_known(text: str, said: Identity) -> None:
    assert identity_of(text) == said


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert isinstance(identity_of(text), Identity)
