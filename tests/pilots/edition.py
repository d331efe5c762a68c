"""Where opening a restaurant is not yet one matter: both ways are allowed there today."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("activities", "archive", "deploy", "network", "seamless", "workers", "workflows")

CHANGES = {
    "until=date(2019, 12, 31),": "until=date(2099, 12, 31),",
    "since=date(2020, 1, 1),": "since=date(2100, 1, 1),",
}
"""Of the service item: from when on it is one matter."""


def edition(folder: Path) -> Path:
    """A checkout that is this one but for the dates of a law; commands that run in it use it."""
    for package in PACKAGES:
        (folder / package).symlink_to(ROOT / package)
    shutil.copytree(ROOT / "contracts", folder / "contracts", ignore=shutil.ignore_patterns("__pycache__"))
    item = folder / "contracts" / "procedures" / "opening_restaurant_item.py"
    text = item.read_text("utf-8")
    for before, after in CHANGES.items():
        assert text.count(before) == 1
        text = text.replace(before, after)
    item.write_text(text, "utf-8")
    return folder
