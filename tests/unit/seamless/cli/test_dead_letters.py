"""``seamless dead-letter``: what is settled, what is proposed, and what another person confirms."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest

from contracts.terms.case_number import number_of
from contracts.terms.identifiers import CaseId
from contracts.wire.dead_letter import DeadLetter, Settlement
from network.broker.publisher import Publisher, Record
from seamless.operate.dead_letters import Returned
from tests.unit.seamless.cli.running import Said, command
from tests.unit.seamless.operate.test_dead_letter_query import letter

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DIRECTORY = Path(__file__).parents[4] / "contracts" / "terms" / "directory.toml"
THEIRS = Settlement("a/0/1", "discarded", "ming", "a mistake", NOW, proposed=True)


class Topic(Publisher):
    """Keeps what is published."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    async def __aenter__(self) -> Topic:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def publish(self, records: Sequence[Record]) -> None:
        self.records += records

    @property
    def said(self) -> list[tuple[str, str]]:
        """What each record says of which letter."""
        texts = [{name: (value or b"").decode() for name, value in each.headers} for each in self.records]
        return [
            (
                "proposed " + each["dlq-proposed"] if "dlq-proposed" in each else each["dlq-state"],
                each["dlq-id"],
            )
            for each in texts
        ]


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def directory(tmp_path: Path) -> str:
    """A directory that wants two persons to discard."""
    path = tmp_path / "directory.toml"
    path.write_text('two_persons = ["discard"]\n' + DIRECTORY.read_text("utf-8"), "utf-8")
    return str(path)


@pytest.fixture(autouse=True)
def _who(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("seamless.cli.operator.login_name", lambda: "lan")
    with mock.patch("seamless.operate.dead_letters._carried", mock.AsyncMock(return_value=True)):
        yield


def run(topic: Topic, letters: list[DeadLetter], *words: str, **settings: str) -> Said:
    with (
        mock.patch("network.broker.dead_letters.list_dead_letters", mock.AsyncMock(return_value=letters)),
        mock.patch("seamless.operate.dead_letters.list_dead_letters", mock.AsyncMock(return_value=letters)),
        mock.patch("network.broker.publisher.Publisher", return_value=topic),
    ):
        return command("dead-letter", *words, **settings)


def test_one_person_discards_where_nobody_wants_two(topic: Topic) -> None:
    said = run(topic, [letter(1), letter(2)], "discard", "--all", "--why", "x")
    assert (said.code, topic.said) == (0, [("discarded", letter(1).id), ("discarded", letter(2).id)])
    assert "discarded: 2" in said.out


def test_where_two_are_wanted_it_is_proposed_and_says_who_has_to_confirm(
    topic: Topic, directory: str
) -> None:
    words = ("discard", letter(1).id, "--why", "x")
    dry = run(topic, [letter(1)], *words, "--dry-run", SEAMLESS_DIRECTORY=directory)
    assert (dry.code, topic.said) == (0, [])
    assert "would propose to discard: 1" in dry.out
    said = run(topic, [letter(1)], *words, SEAMLESS_DIRECTORY=directory)
    assert (said.code, topic.said) == (0, [("proposed discarded", letter(1).id)])
    assert "proposed: 1; another person has to confirm it: seamless dead-letter confirm" in said.out
    assert "discarded" not in said.out
    told = run(topic, [letter(1)], *words, "--json", SEAMLESS_DIRECTORY=directory)
    assert json.loads(told.out) == {"discarded": [], "proposed": [letter(1).id]}


def test_another_person_confirms_what_was_proposed_and_nothing_else(topic: Topic) -> None:
    letters = [letter(1, proposed=THEIRS), letter(2), letter(3, proposed=THEIRS._replace(state="replayed"))]
    dry = run(topic, letters, "confirm", "--all", "--why", "seen", "--dry-run", "--json")
    foreseen = {"would-replay": [letter(3).id], "would-discard": [letter(1).id], "own": []}
    assert (json.loads(dry.out), topic.said) == (foreseen, [])
    said = run(topic, letters, "confirm", "--all", "--why", "seen")
    assert (said.code, topic.said) == (0, [("replayed", letter(3).id), ("discarded", letter(1).id)])
    assert "replayed: 1" in said.out
    assert "discarded: 1" in said.out


def test_nobody_confirms_their_own_proposal(topic: Topic) -> None:
    own = letter(1, proposed=THEIRS._replace(by="lan"))
    said = run(topic, [own], "confirm", own.id, "--why", "seen")
    assert (said.code, topic.said) == (1, [])
    assert "not confirmed: 1; you have proposed it yourself" in said.out


def test_that_nothing_is_proposed_is_said(topic: Topic) -> None:
    said = run(topic, [letter(1)], "confirm", "--all", "--why", "seen")
    assert (said.code, topic.said) == (0, [])
    assert "Nothing is proposed" in said.out


def test_the_list_says_what_is_proposed_and_by_whom(topic: Topic) -> None:
    said = run(topic, [letter(1, proposed=THEIRS)], "list")
    assert "ming proposes: discarded" in " ".join(said.out.split())
    [shown] = json.loads(run(topic, [letter(1, proposed=THEIRS)], "list", "--json").out)["dead_letters"]
    theirs = {"state": "discarded", "by": "ming", "why": "a mistake", "at": NOW.isoformat()}
    assert shown["proposed"] == theirs
    one = run(topic, [letter(1, proposed=THEIRS)], "show", letter(1).id)
    assert "a mistake" in one.out


def test_a_replay_tells_what_came_back_and_what_is_proposed(topic: Topic, directory: str) -> None:
    refused = letter(9, id="dead-letter/0/7", replay_of=letter(1).id, reason="invalid")
    with mock.patch(
        "seamless.operate.dead_letters.returned",
        mock.AsyncMock(return_value=Returned((), (refused,), ())),
    ):
        said = run(topic, [letter(1)], "replay", "--all", SEAMLESS_DIRECTORY=directory)
    assert (said.code, topic.said) == (1, [("replayed", letter(1).id)])
    assert "refused again" in said.out


CASE = "portal-01a21959-853b-70f0-a92a-6e8aa6b99cd1"


@pytest.mark.parametrize("given", [CASE, number_of(CaseId(CASE)), number_of(CaseId(CASE)).lower()])
def test_a_case_is_named_by_its_id_or_its_number(topic: Topic, given: str) -> None:
    letters = [letter(1, key=CASE.encode()), letter(2), letter(3, key=None)]
    said = run(topic, letters, "list", "--case", given, "--json")
    assert [each["id"] for each in json.loads(said.out)["dead_letters"]] == [letter(1).id]


def test_a_number_that_is_mistyped_is_told(topic: Topic) -> None:
    number = number_of(CaseId(CASE))
    said = run(topic, [], "list", "--case", number[:-1] + ("A" if number[-1] != "A" else "B"))
    assert (said.code, "mistyped" in said.err) == (2, True)


def test_one_that_is_named_twice_is_replayed_once(topic: Topic) -> None:
    """The gateway would carry it twice, and of one that is refused again make two dead letters."""
    run(topic, [letter(1)], "replay", letter(1).id, letter(1).id)
    assert topic.said == [("replayed", letter(1).id)]
