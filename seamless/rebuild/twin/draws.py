"""Random numbers that depend only on a seed and on what they are for.

So two worlds draw the same for the same case and step, whatever else happens in them: what differs between
them is then the change, not chance (common random numbers: A. M. Law, *Simulation Modeling and Analysis*,
2015, section 11.2).
"""

from __future__ import annotations

from hashlib import blake2b
from math import log

_ALL = float(2**53)


class Draws:
    """The draws of one world."""

    def __init__(self, seed: int) -> None:
        self._key = seed.to_bytes(16, "big", signed=True)

    def share(self, *about: object) -> float:
        """A number from 0 to 1, 1 excluded, every one as likely as any other: always the same one for the
        same things."""
        said = "/".join(map(str, about)).encode()
        return (int.from_bytes(blake2b(said, digest_size=8, key=self._key).digest(), "big") >> 11) / _ALL

    def between(self, mean: float, *about: object) -> float:
        """How long until the next of events that are independent of one another (exponential), ``mean`` on
        average."""
        return -mean * log(1.0 - self.share(*about))
