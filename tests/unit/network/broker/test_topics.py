"""What a topic has to be set to: nothing of it is lost before its time."""

from __future__ import annotations

import pytest

from contracts.terms.directory import load_directory
from contracts.wire.topics import AVAILABILITY, CLOCK, LEDGER, Topic, topics_of
from network.broker.topics import _differences, _Setting

TOPICS = [each for each in topics_of(load_directory()) if each.name not in (AVAILABILITY, CLOCK)]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_that_is_bounded_by_its_size_differs(topic: Topic) -> None:
    found = {name: _Setting(value, True) for name, value in topic.settings.items()}
    assert not _differences(topic, found)
    found["retention.bytes"] = _Setting("1000000", False)
    assert _differences(topic, found) == {"retention.bytes": ("1000000", "-1")}


def test_the_ledger_is_kept_for_ever() -> None:
    [ledger] = [each for each in TOPICS if each.name == LEDGER]
    assert ledger.settings["retention.ms"] == ledger.settings["retention.bytes"] == "-1"
