"""What people read of agencies, procedures and steps: their names, in one language."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Literal

from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.directory import Directory
from contracts.terms.identifiers import Party
from contracts.terms.values import Bilingual

Language = Literal["en", "zh"]

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Where a person's language stands, as POSIX has it: the first that is set counts."""

OTHERS: Mapping[str, Bilingual] = {
    "platform": Bilingual(zh="平台", en="Platform"),
    "applicant": Bilingual(zh="申请人", en="Applicant"),
    "system": Bilingual(zh="系统", en="System"),
}
NOBODY = "—"


def language(given: Language | None) -> Language:
    """The language that was ``given``, or else that of the environment; English where that is no Chinese."""
    if given is not None:
        return given
    said = next((value for name in VARIABLES if (value := os.environ.get(name))), "")
    return "zh" if said.lower().startswith("zh") else "en"


class Names:
    """The names of those whom a directory and the catalogue know; the id of whom they do not."""

    def __init__(self, directory: Directory, language: Language) -> None:
        self._directory = directory
        self.language = language

    def text(self, text: Bilingual) -> str:
        """A text in the language."""
        return text.text(self.language)

    def party(self, who: Party, procedure: str = "") -> str:
        """An actor or a holder.

        Args:
            procedure: whose third parties they are.
        """
        item = CATALOGUE.get(procedure)
        if who.kind == "third-party":
            name = item.third_parties.get(who.id) if item else None
            return self.text(name or Bilingual(zh=f"第三方 {who.id}", en=f"third party {who.id}"))
        name = self._directory.name_of(who) or OTHERS.get(who)
        return self.text(name) if name else who

    def agency(self, agency: str) -> str:
        """An agency, by its id."""
        return self.text(name) if (name := self._directory.name_of(Party.agency(agency))) else agency

    def parties(self, holders: Sequence[Party], procedure: str = "") -> str:
        """Several holders; a dash for nobody."""
        return ", ".join(self.party(holder, procedure) for holder in holders) or NOBODY

    def procedure(self, procedure: str) -> str:
        """A procedure."""
        item = CATALOGUE.get(procedure)
        return self.text(item.name) if item else procedure

    def step(self, step: str, procedure: str) -> str:
        """A step: what the catalogue calls it, and which of its kind it is, from the second one on. The name
        that it has in the ledger, where the catalogue calls it nothing."""
        name, _, ordinal = step.partition("/")
        item = CATALOGUE.get(procedure)
        title = item.titles.get(name.removeprefix(f"{procedure}.")) if item else None
        if title is None:
            return step
        return self.text(title) + (f" ({ordinal})" if ordinal not in ("", "1") else "")
