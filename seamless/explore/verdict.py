"""What checking a procedure found, kept for as long as its code stays the same.

``python -m seamless.explore.verdict TYPE`` prints it as JSON, for processes that open cases.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import threading
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NoReturn

from contracts.terms.directory import Directory
from seamless.explore.check import Checked

ROOT = Path(__file__).parents[2]
CODE = ("contracts", "workflows", "activities", "seamless/explore")
"""What a procedure is explored with."""

LIBRARIES = ("temporalio", "pydantic")


def broken_rules(found: Checked) -> list[str]:
    """The rules that a procedure breaks, each once."""
    return list(dict.fromkeys(each.rule for each in found.findings))


def kept(workflow_type: str, directory: Directory) -> list[str] | None:
    """The rules that a workflow type was found to break, when this very code was checked with this directory;
    None where that has not been kept."""
    try:
        said = json.loads(_file(workflow_type, directory).read_bytes())
        return [str(each) for each in said["broken"]]
    except (OSError, RuntimeError, ValueError, KeyError, TypeError):
        return None


def keep(found: Checked, directory: Directory) -> None:
    """Keep what was found, in the person's cache; where there is no room for it, it is found again."""
    with contextlib.suppress(OSError, RuntimeError):  # no such folder, no home
        file = _file(found.procedure, directory)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile("w", dir=file.parent, delete=False) as written:
            json.dump({"broken": broken_rules(found)}, written)
        os.replace(written.name, file)


def _file(workflow_type: str, directory: Directory) -> Path:
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    what = sha256(f"{workflow_type} {directory.model_dump_json()} {_code()}".encode()).hexdigest()
    return Path(caches) / "seamless" / "checked" / f"{what}.json"


@cache
def _code() -> str:
    """A digest of all code that takes part."""
    digest = sha256(platform.python_version().encode())
    for each in LIBRARIES:
        digest.update(f"{each} {version(each)}".encode())
    for folder in CODE:
        for file in sorted((ROOT / folder).rglob("*.py")):
            digest.update(f"{file.relative_to(ROOT)} {sha256(file.read_bytes()).hexdigest()}".encode())
    return digest.hexdigest()


def main(workflow_type: str) -> None:
    """Print which rules a workflow type breaks.

    Raises:
        InvalidInput: there is none of this name.
    """
    from activities.checks import CHECKS
    from seamless.explore.check import check
    from seamless.explore.listed import named
    from workers.process.settings import load_settings

    directory = load_settings().directory
    broken = kept(workflow_type, directory)
    if broken is None:
        [procedure] = [each for each in named(workflow_type) if each.workflow_type == workflow_type]
        found = check(procedure, directory, CHECKS)
        keep(found, directory)
        broken = broken_rules(found)
    print(json.dumps({"broken": broken}), flush=True)


def _end_with_the_parent() -> NoReturn:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    main(sys.argv[1])
