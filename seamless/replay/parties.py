"""Who speaks in a log: a party that the directory lacks has no topics, so waiting for it would be in vain."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Self

from contracts.terms.directory import Agency, Channel, Directory
from contracts.terms.identifiers import AgencyId, ChannelId, Party
from contracts.terms.values import Bilingual
from seamless.replay.log import Adapter, LoggedCase

CHANNEL = ChannelId("log")
"""The channel through which a log's applications come."""


class Cast(NamedTuple):
    """A log, looked through once: how many cases it has, and who takes part in them."""

    cases: int
    parties: frozenset[Party]

    @classmethod
    def of(cls, log: Iterable[LoggedCase], adapter: Adapter) -> Self:
        """Look through a log."""
        cases, agencies = 0, set(adapter.parties)
        for logged in log:
            cases += 1
            agencies |= {step.agency for step in logged.steps if step.agency is not None}
        return cls(cases, frozenset({Party.channel(CHANNEL), *(Party.agency(each) for each in agencies)}))

    def unknown_to(self, directory: Directory) -> list[Party]:
        """Those that the directory lacks, in order."""
        return sorted(self.parties.difference(directory.parties))


def write_enlarged(folder: Path, directory: Directory, parties: Iterable[Party]) -> Path:
    """Write a directory that has these parties, too, with their ids for names; the file."""
    agencies, channels = list(directory.agencies), list(directory.channels)
    for party in parties:
        name = Bilingual(zh=party.id, en=party.id)
        if party.kind == "agency":
            agencies.append(Agency(id=AgencyId(party.id), name=name))
        else:
            channels.append(Channel(id=ChannelId(party.id), name=name))
    whole = directory.model_copy(update={"agencies": tuple(agencies), "channels": tuple(channels)})
    file = folder / "directory.json"
    file.write_text(whole.model_dump_json(), "utf-8")
    return file
