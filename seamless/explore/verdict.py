"""What exploring a procedure found, kept for as long as its code stays the same.

For processes that open or carry cases, as JSON: ``python -m seamless.explore.verdict broken TYPE`` prints the
rules that a workflow type breaks, ``unreached TYPE`` the lines that it did not reach in the sandbox.
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
from typing import TYPE_CHECKING, Any, NoReturn

from contracts.terms.directory import Directory

if TYPE_CHECKING:
    from seamless.explore.check import Checked
    from workflows.case import Procedure

ROOT = Path(__file__).parents[2]
CODE = ("contracts", "workflows", "activities", "seamless/explore")
"""What a procedure is explored with."""

LIBRARIES = ("temporalio", "pydantic")


def broken_rules(found: Checked) -> list[str]:
    """The rules that a procedure breaks, each once."""
    return list(dict.fromkeys(each.rule for each in found.findings))


def kept(what: str, workflow_type: str, directory: Directory) -> list[str] | None:
    """What was found of a workflow type when this very code was explored with this directory; None where
    that has not been kept."""
    try:
        said = json.loads(_file(what, workflow_type, directory).read_bytes())
        return [str(each) for each in said["found"]]
    except (OSError, RuntimeError, ValueError, KeyError, TypeError):
        return None


def keep(what: str, workflow_type: str, directory: Directory, found: list[str]) -> None:
    """Keep what was found, in the person's cache; where there is no room for it, it is found again."""
    with contextlib.suppress(OSError, RuntimeError):  # no such folder, no home
        file = _file(what, workflow_type, directory)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile("w", dir=file.parent, delete=False) as written:
            json.dump({"found": found}, written)
        os.replace(written.name, file)


def keep_checked(found: Checked, directory: Directory) -> None:
    """Keep which rules a procedure breaks."""
    keep("broken", found.procedure, directory, broken_rules(found))


def _file(what: str, workflow_type: str, directory: Directory) -> Path:
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    of = sha256(f"{what} {workflow_type} {directory.model_dump_json()} {_code()}".encode()).hexdigest()
    return Path(caches) / "seamless" / "explored" / f"{of}.json"


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


def main(what: str, workflow_type: str) -> None:
    """Print what is asked of a workflow type.

    Raises:
        InvalidInput: there is none of this name.
    """
    from workers.process.settings import load_settings

    directory = load_settings().directory
    found = kept(what, workflow_type, directory)
    if found is None:
        found = _EXPLORED[what](_class(workflow_type), directory)
        keep(what, workflow_type, directory, found)
    print(json.dumps(found), flush=True)


def _class(workflow_type: str) -> type[Procedure[Any]]:
    from seamless.explore.listed import named

    return next(each for each in named(workflow_type) if each.workflow_type == workflow_type)


def _broken(procedure: type[Procedure[Any]], directory: Directory) -> list[str]:
    from activities.checks import CHECKS
    from seamless.explore.check import check

    return broken_rules(check(procedure, directory, CHECKS))


def _unreached(procedure: type[Procedure[Any]], directory: Directory) -> list[str]:
    from seamless.explore.sandboxed import unreached_in_sandbox

    return unreached_in_sandbox(procedure, directory)


_EXPLORED = {"broken": _broken, "unreached": _unreached}


def _end_with_the_parent() -> NoReturn:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    main(*sys.argv[1:])
