"""Check of the disk: there is room where a process keeps its data."""

from __future__ import annotations

import math

from workers.process.about import disk
from workers.process.checks.check import Finding, well, wrong
from workers.process.checks.servers import Servers

LEAST_BYTES = 2**30
LEAST_SHARE = 0.1
"""Less is nearly full, as the alert ``SeamlessDiskFills`` has it."""


async def room(servers: Servers) -> Finding:
    """The file system of ``SEAMLESS_DATA`` is not nearly full: an archive, a broker or a Temporal server that
    cannot write stands still."""
    folder = servers.settings.data.absolute()
    free, size = disk(folder)
    if math.isnan(free):
        return well(f"nothing: {folder} is on no file system that says how full it is")
    compared = f"{_told(free)} of {_told(size)} are free where {folder} is"
    if free < LEAST_BYTES or free < LEAST_SHARE * size:
        return wrong(
            f"{compared}; a tenth, and 1 GiB, have to be",
            "move or enlarge the volume: docs/runbooks/SeamlessDiskFills.md",
        )
    return well(compared)


def _told(size: float) -> str:
    """A size as people read it."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:,.1f} GiB"
