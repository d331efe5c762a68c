"""What processes have used of the processors, as Linux counts it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """Processor time used so far, by name. Empty where there is no ``/proc``."""
    if not Path("/proc/self/stat").exists():
        return {}
    return {name: _used(pid) for name, pid in pids.items()}


def _used(pid: int) -> float:
    # The name in parentheses may hold spaces; user and system time are the 12th and 13th field behind it.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
