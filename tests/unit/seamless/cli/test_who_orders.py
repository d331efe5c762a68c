"""Who orders something is what the operating system says, and never what is typed or set."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from seamless.cli import operator
from seamless.cli.case_cancel import _order as cancel_order
from seamless.cli.operator import Identity, signed_in
from seamless.cli.ordered import person
from tests.unit.seamless.cli.running import command
from tests.unit.seamless.cli.test_dead_letters import Topic, run
from tests.unit.seamless.operate.test_dead_letter_query import letter

ROOT = Path(__file__).parents[4]
SPOOFED = dict.fromkeys(["USER", "LOGNAME", "SUDO_USER", "USERNAME"], "chief")
ASKED = {
    "login_name",
    "machine_name",
    "getpwuid",
    "getuid",
    "gethostname",
    "getlogin",
    "getuser",
    "signed_in",
}


def called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            yield function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def test_who_it_is_is_asked_in_one_place() -> None:
    """There an identity that is proven otherwise would take the place of the operating system's."""
    asking = {
        str(file.relative_to(ROOT)): sorted(ASKED & set(called(ast.parse(file.read_text("utf-8")))))
        for file in (ROOT / "seamless").rglob("*.py")
    }
    assert {
        name: calls for name, calls in asking.items() if calls and name != "seamless/cli/operator.py"
    } == {"seamless/cli/ordered.py": ["signed_in"]}


@pytest.fixture
def _signed_in(monkeypatch: pytest.MonkeyPatch) -> Identity:
    monkeypatch.setattr(operator, "login_name", lambda: "ling")
    monkeypatch.setattr(operator, "machine_name", lambda: "ops-1")
    return signed_in()


@pytest.mark.usefixtures("_signed_in")
@pytest.mark.parametrize("lever", ["pause", "resume", "quarantine", "readmit"])
def test_what_is_typed_is_on_whose_behalf_and_never_who(lever: str) -> None:
    given: list[Any] = []

    async def give(settings: Any, order: Any, about: str, **_: Any) -> int:
        given.append(order)
        return 0

    in_force = mock.Mock(paused={"agency:planning": None}, quarantined={"agency:planning": None})
    with (
        mock.patch("seamless.cli.party.give", give),
        mock.patch("seamless.cli.party._standing", mock.AsyncMock(return_value=in_force)),
    ):
        said = command("party", lever, "planning", "--why", "x", "--by", "chief", **SPOOFED)
    assert said.code == 0, said
    assert [(each.officer, each.desk, each.on_behalf_of) for each in given] == [("ling", "ops-1", "chief")]


@pytest.mark.parametrize(
    ("lever", "told"),
    [
        ("resume", "agency:planning is not paused, so nothing was ordered; paused: agency:parks"),
        ("readmit", "agency:planning is not in quarantine, so nothing was ordered; in quarantine: nobody"),
    ],
)
def test_nothing_is_ended_that_is_not_in_force(lever: str, told: str) -> None:
    in_force = mock.Mock(paused={"agency:parks": None}, quarantined={})
    with mock.patch("seamless.cli.party._standing", mock.AsyncMock(return_value=in_force)):
        said = command("party", lever, "planning", "--why", "x")
    assert (said.code, told in said.err) == (2, True), said


@pytest.mark.usefixtures("_signed_in")
def test_so_it_is_of_cases_and_of_dead_letters() -> None:
    assert (person("chief").officer, person("chief").on_behalf_of) == ("ling", "chief")
    order = cancel_order("x", "chief")
    assert (order.officer, order.desk, order.on_behalf_of) == ("ling", "ops-1", "chief")
    topic = Topic()
    assert run(topic, [letter(1)], "discard", "--all", "--why", "x", **SPOOFED).code == 0
    assert [dict(each.headers)["dlq-by"] for each in topic.records] == [b"ling"]
