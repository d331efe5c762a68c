"""A process says who it is, and that can be read again."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.process.identity import Identity
from workers.process.settings import load_settings

PROCESSES = st.sampled_from(["gateway", "orchestrator", "watcher", "seamless", "department-fire-safety"])
HOSTS = st.text(max_size=64).map(lambda text: "".join(text.split()))
BUILDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}", fullmatch=True)


@given(st.builds(Identity, PROCESSES, HOSTS, st.integers(0, 2**22), BUILDS))
def test_what_is_said_is_read(identity: Identity) -> None:
    assert Identity.read(str(identity)) == identity


def test_this_process() -> None:
    here = Identity.here("gateway", load_settings(build="0.2.0+fix").build)
    assert (here.process, here.pid, here.build) == ("gateway", os.getpid(), "0.2.0+fix")
    assert str(here) == f"gateway@{here.host}#{os.getpid()} build=0.2.0+fix"


def test_a_machine_whose_name_has_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "counter 7 #2 @home")
    here = Identity.here("gateway", "1")
    assert Identity.read(str(here)) == here


@pytest.mark.parametrize("other", ["", "4711@node-3", "temporal-cli:ling@node", "gateway@node-3 build=1"])
def test_another_client_is_none_of_ours(other: str) -> None:
    assert Identity.read(other) is None
