"""Each process says over HTTP what it counts, whether it lives, and whether it does its work."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contracts.terms.errors import InvalidInput
from workers.process.endpoint import Endpoint
from workers.process.metrics import serve_metrics
from workers.process.pulse import STANDS_STILL_SECONDS, Pulse
from workers.process.settings import Settings, load_settings

PATHS = ("/metrics", "/healthz", "/readyz")


@dataclass
class Process:
    """What an endpoint is asked about."""

    lives: bool = True
    hindrances: Sequence[str] = ()
    counted: bytes = b"a 1\n"
    endpoint: Endpoint = field(init=False)

    def __post_init__(self) -> None:
        self.endpoint = Endpoint(
            metrics=lambda: self.counted, lives=lambda: self.lives, hindrances=lambda: self.hindrances
        )

    def says(self, target: str) -> tuple[int, str]:
        answer = self.endpoint.answer(target)
        return answer.status, answer.body.decode()


def test_what_stands_in_the_way_of_the_work_is_no_reason_to_start_the_process_again() -> None:
    process = Process(hindrances=("kafka-away", "temporal-away"))
    assert process.says("/readyz") == (503, "kafka-away\ntemporal-away\n")
    assert process.says("/healthz") == (200, "lives\n")
    assert process.says("/metrics") == (200, "a 1\n")


def test_a_process_that_does_its_work_is_ready() -> None:
    assert Process().says("/readyz") == (200, "ready\n")


def test_a_process_whose_event_loop_is_blocked_does_not_live() -> None:
    assert Process(lives=False).says("/healthz") == (503, "the event loop does not turn\n")


@pytest.mark.parametrize("path", PATHS)
def test_a_query_changes_nothing(path: str) -> None:
    assert Process().says(f"{path}?x=1&name[]=up") == Process().says(path)


@given(st.text())
def test_every_other_path_is_told_the_paths_that_there_are(path: str) -> None:
    assume(path.partition("?")[0] not in PATHS)
    assert Process().says(path) == (404, "/metrics\n/healthz\n/readyz\n")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", [*PATHS, "/elsewhere", "//", "/%00", "/[", "/\x7f"])
def test_it_answers_over_http_whatever_is_asked(method: str, path: str) -> None:
    port = Process().endpoint.serve("127.0.0.1", 0)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.putrequest(method, "/", skip_host=True)
    connection._buffer[0] = f"{method} {path} HTTP/1.1".encode("latin-1")  # type: ignore[attr-defined]
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == (HTTPStatus.OK if path in PATHS else HTTPStatus.NOT_FOUND)
    assert bool(body) == (method == "GET")


def test_a_client_that_says_nothing_keeps_nobody_from_an_answer() -> None:
    port = Process().endpoint.serve("127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", port)):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/readyz")
        assert connection.getresponse().status == HTTPStatus.OK


def test_the_loop_is_taken_to_be_blocked_once_it_has_not_turned_for_long() -> None:
    now = 100.0
    pulse = Pulse(lambda: now)
    now += STANDS_STILL_SECONDS - 1
    assert pulse.felt
    now += 2
    assert not pulse.felt
    pulse.beat()
    assert pulse.felt


def test_metrics_are_served_on_this_machine_alone_unless_somebody_says_otherwise() -> None:
    assert Settings().metrics_address == "127.0.0.1"


@pytest.mark.parametrize("address", ["192.0.2.1", "no-such-host.invalid", "300.1.1.1", "a" * 200])
def test_an_address_that_is_not_of_this_machine_is_told(address: str) -> None:
    settings = load_settings(metrics_address=address)
    with pytest.raises(InvalidInput, match="the setting SEAMLESS_METRICS_ADDRESS cannot be"):
        serve_metrics("archive", settings, Pulse())


def test_a_port_that_is_taken_is_told() -> None:
    port = Process().endpoint.serve("127.0.0.1", 0)
    with pytest.raises(InvalidInput, match=f"the setting SEAMLESS_METRICS_PORT cannot be {port}"):
        serve_metrics("archive", load_settings(metrics_port=port), Pulse())
