"""Another build of the product: a copy of it in which the permit says one thing more."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["root_packages"]

PERMIT = Path("workflows") / "construction_permit.py"
IMPORTS = "from __future__ import annotations\n"
IMPORTED = "\nfrom temporalio import workflow\n"
BEFORE = "        decision = await self.decide(Grant("
ADDED = """        if workflow.patched("told-before-granting"):
            await self.notify(application.plan)
"""


def changed_build(folder: Path) -> Path:
    """Make the build in a folder: cases that are past the change keep to what they have said."""
    build = folder / "build"
    for room in ROOMS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / room, build / room, ignore=ignored, dirs_exist_ok=True)
    permit = build / PERMIT
    text = permit.read_text("utf-8")
    assert text.count(BEFORE) == 1, "the permit reads otherwise now: change what this build adds"
    text = text.replace(IMPORTS, IMPORTS + IMPORTED).replace(BEFORE, ADDED + BEFORE)
    permit.write_text(text, "utf-8")
    return build
