"""``python -m tests.releases.record``: writes down what the version in ``pyproject.toml`` promises.

Once, when it is released, after ``python -m tests.replay.record``; never again after that: others
have built on it, and a version that is there already is refused.
"""

from __future__ import annotations

import sys

from tests.releases.promised import RELEASES, promised_today
from tests.replay.record import version


def main() -> int:
    """Record it; exit code 1 where it was recorded before."""
    file = RELEASES / f"{version()}.json"
    if file.exists():
        print(
            f"{file.name} is there already. Delete it, if {version()} was not released yet.", file=sys.stderr
        )
        return 1
    file.write_text(promised_today().model_dump_json(indent=1) + "\n", "utf-8")
    print(f"{file}: written. It stands from now on.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
