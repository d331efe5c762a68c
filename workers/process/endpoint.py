"""The HTTP endpoint of a process: its metrics, whether it is alive, and whether it can work."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

TEXT = "text/plain; charset=utf-8"
EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
"""The content type of Prometheus's text format."""

SILENT_SECONDS = 10.0
"""How long a client may take for its request."""


class Answer(NamedTuple):
    """What is answered to a request."""

    status: HTTPStatus
    content_type: str
    body: bytes


class Endpoint:
    """Answers in threads of its own, so that it answers, too, while the event loop does not turn.

    - ``/metrics``: what Prometheus reads.
    - ``/healthz``: 200 while the process lives, 503 when only a new start can help.
    - ``/readyz``: 200 while it does its work, 503 with one reason a line while something is in its way.
    """

    def __init__(
        self,
        *,
        metrics: Callable[[], bytes],
        lives: Callable[[], bool],
        hindrances: Callable[[], Sequence[str]],
    ) -> None:
        """
        Args:
            metrics: in Prometheus's text format.
            hindrances: why the process does not do its work; nothing while it does.
        """
        self._metrics = metrics
        self._lives = lives
        self._hindrances = hindrances

    def answer(self, target: str) -> Answer:
        """What is answered to a GET.

        Args:
            target: of the request: a path, and perhaps a query, which changes nothing.
        """
        pages = {"/metrics": self._measured, "/healthz": self._living, "/readyz": self._ready}
        page = pages.get(target.partition("?")[0])
        if page is None:
            return _said(HTTPStatus.NOT_FOUND, *pages)
        return page()

    def serve(self, address: str, port: int) -> int:
        """Answer from now on, until the process ends; the port that was taken.

        Args:
            address: of this machine: an IP address, or a name of one.
            port: 0 takes a free one.

        Raises:
            OSError: nobody can listen there.
        """
        [(family, _, _, _, place), *_] = socket.getaddrinfo(
            address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        server = _Server(family, (str(place[0]), int(place[1])), self)
        threading.Thread(target=server.serve_forever, name="endpoint", daemon=True).start()
        return int(server.server_address[1])

    def _measured(self) -> Answer:
        return Answer(HTTPStatus.OK, EXPOSITION, self._metrics())

    def _living(self) -> Answer:
        if self._lives():
            return _said(HTTPStatus.OK, "lives")
        return _said(HTTPStatus.SERVICE_UNAVAILABLE, "the event loop does not turn")

    def _ready(self) -> Answer:
        hindrances = self._hindrances()
        if hindrances:
            return _said(HTTPStatus.SERVICE_UNAVAILABLE, *hindrances)
        return _said(HTTPStatus.OK, "ready")


def _said(status: HTTPStatus, *lines: str) -> Answer:
    return Answer(status, TEXT, "".join(f"{line}\n" for line in lines).encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, family: int, place: tuple[str, int], endpoint: Endpoint) -> None:
        self.address_family = family
        self.endpoint = endpoint
        super().__init__(place, _Handler)

    def server_bind(self) -> None:
        """Bind, and leave out the look-up of this machine's name, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is not an error of ours."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version, sys_version = "seamless", ""
    timeout = SILENT_SECONDS

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Probes come every few seconds, and are not logged."""

    def _answer(self, *, with_body: bool) -> None:
        answer = self.server.endpoint.answer(self.path)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body)
