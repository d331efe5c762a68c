"""The targets of a Prometheus on this machine: the file that lists the processes of a stack."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

TARGETS = "targets.json"
"""Its name, in the data directory."""


def write_targets(folder: Path, metrics: Iterable[str]) -> None:
    """Name the processes whose metrics are at these addresses, in the form of Prometheus's ``file_sd``.

    The file is replaced as a whole: Prometheus reads it again whenever it changes.
    """
    named = [{"targets": [urlsplit(each).netloc for each in metrics]}]
    written = folder / f".{TARGETS}"
    written.write_text(json.dumps(named) + "\n", "utf-8")
    written.replace(folder / TARGETS)
