"""The rules for Prometheus, as they are in their files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, NamedTuple

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"


class Rule(NamedTuple):
    """One rule.

    Attributes:
        text: all of it, as YAML.
    """

    kind: Literal["record", "alert"]
    name: str
    text: str

    @property
    def expression(self) -> str:
        """What it asks, in PromQL, on one line."""
        found = re.search(r"^ +expr:(.*?)(?=^ +(?:for|labels|annotations):|\Z)", self.text, re.M | re.S)
        assert found is not None, self.text
        return " ".join(found[1].replace(">-", " ", 1).split())

    @property
    def severity(self) -> str | None:
        """How urgent an alert is."""
        found = re.search(r"^ +severity: (\w+)$", self.text, re.M)
        return found[1] if found else None


def _rules() -> list[Rule]:
    found = []
    for file in sorted(FOLDER.glob("seamless.*.yml")):
        text = re.sub(r"^ *#.*$", "", file.read_text("utf-8"), flags=re.M)
        for part in re.split(r"^ +- (?=record: |alert: )", text, flags=re.M)[1:]:
            kind, name = part.split("\n")[0].split(": ")
            rule = re.split(r"^  - name: ", part, flags=re.M)[0]  # a group ends where the next one begins
            found.append(Rule("alert" if kind == "alert" else "record", name, rule))
    return found


RULES = _rules()
RECORDED = {rule.name for rule in RULES if rule.kind == "record"}
