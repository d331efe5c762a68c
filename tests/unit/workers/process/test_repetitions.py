"""What is said again and again while a server is away is told at growing intervals, with a count."""

from __future__ import annotations

import logging
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workers.process.repetitions import DISTINCT, Repetitions


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Log:
    """A log behind the filter, as it would be written."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.lines: list[logging.LogRecord] = []
        self._filter = Repetitions(self.clock)

    def say(self, name: str, message: Any, *arguments: object) -> None:
        record = logging.LogRecord(name, logging.WARNING, "", 0, message, arguments, None)
        if self._filter.filter(record):
            self.lines.append(record)


UNABLE = 'Unable connect to "%s:%s": %s'


def test_a_library_that_reports_every_attempt_is_heard_a_few_times_an_hour() -> None:
    log = Log()
    for second in range(3600):
        log.clock.now = float(second)
        for _ in range(10):
            log.say("aiokafka", UNABLE, "127.0.0.1", 9092, "[Errno 111]")
    assert 3 < len(log.lines) < 10
    told = [getattr(line, "left_out", 0) for line in log.lines]
    assert told[0] == 0
    assert sum(told) + len(told) > 3600 * 10 / 2
    assert told[1:] == sorted(told[1:])


@given(st.lists(st.tuples(st.integers(0, 10_000), st.text(max_size=8)), max_size=300))
def test_what_differs_in_numbers_and_names_is_bounded_too(said: list[tuple[int, str]]) -> None:
    log = Log()
    for number, name in said:
        log.say("temporalio.core", f"gRPC call poll retried {number} times ({name})")
    assert len(log.lines) <= DISTINCT


def test_another_cause_is_told_at_once() -> None:
    log = Log()
    for cause in ("[Errno 111]", "[Errno 111]", "no route to host"):
        log.say("aiokafka", UNABLE, "127.0.0.1", 9092, cause)
    assert [line.getMessage().rpartition(": ")[2] for line in log.lines] == [
        "[Errno 111]",
        "no route to host",
    ]


def test_after_a_quiet_time_it_is_news_again() -> None:
    log = Log()
    for now in (0.0, 10.0, 90_000.0):
        log.clock.now = now
        log.say("aiokafka", UNABLE, "127.0.0.1", 9092, "[Errno 111]")
    assert len(log.lines) == 2
    assert not hasattr(log.lines[1], "left_out")


def test_our_own_lines_that_something_waits_are_bounded_and_say_how_many_were_left_out() -> None:
    log = Log()
    for number in range(500):
        log.say(
            "workers.gateway.carrier",
            {"event": "event waits", "case": f"portal-{number}", "timestamp": number},
        )
    assert [line.msg["case"] for line in log.lines] == [f"portal-{number}" for number in range(DISTINCT)]
    log.clock.now = 61.0
    log.say("workers.gateway.carrier", {"event": "event waits", "case": "portal-7", "timestamp": 1})
    assert log.lines[-1].msg["left_out"] == 500 - DISTINCT


def test_what_is_said_of_one_message_or_one_case_is_never_left_out() -> None:
    log = Log()
    for _ in range(100):
        log.say("workers.gateway.carrier", {"event": "event refused", "reason": "invalid"})
        log.say("temporalio.workflow", "the case carries much into its new run")
    assert len(log.lines) == 200
