"""The directory: which agencies and channels take part in one administration's network."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import Field

from contracts.terms.identifiers import AdministrationId, AgencyId, ChannelId, Party
from contracts.terms.levers import LetterLever, PartyLever
from contracts.terms.values import Bilingual, Contract


class Agency(Contract):
    """An organisation that answers requests.

    ``participation``: ``system`` is the agency's own system, which speaks Kafka; ``check`` is an automated
    check, an activity in the worker of that department. A procedure cannot tell which. ``government``: it is
    a public authority. A bank, for example, is not: it takes part, but decides, approves and supervises
    nothing.
    """

    id: AgencyId
    name: Bilingual
    participation: Literal["system", "check"] = "system"
    government: bool = Field(default=True, exclude_if=lambda value: value is True)


class Channel(Contract):
    """A place where applicants meet the administration."""

    id: ChannelId
    name: Bilingual


class Directory(Contract):
    """Who takes part. ``partitions`` of the topics is permanent: keys would move, and order would be lost.
    ``two_persons`` are the levers on a party that need two persons: another one has to confirm the order.
    With ``replay`` or ``discard`` among them, each dead letter needs two for that, whatever its procedure."""

    administration: AdministrationId
    partitions: int = Field(default=3, ge=1, le=1000)
    agencies: tuple[Agency, ...]
    channels: tuple[Channel, ...]
    two_persons: tuple[PartyLever | LetterLever, ...] = Field(default=(), exclude_if=lambda value: not value)

    @property
    def parties(self) -> tuple[Party, ...]:
        """Everybody who speaks on the network."""
        return (
            *(Party.agency(agency.id) for agency in self.agencies),
            *(Party.channel(channel.id) for channel in self.channels),
        )

    def name_of(self, party: Party) -> Bilingual | None:
        """What an agency or a channel is called; None for whoever is not in the directory."""
        members: dict[str, tuple[Agency, ...] | tuple[Channel, ...]] = {
            "agency": self.agencies,
            "channel": self.channels,
        }
        return next((each.name for each in members.get(party.kind, ()) if each.id == party.id), None)

    def checks(self) -> tuple[AgencyId, ...]:
        """The agencies that take part by an automated check."""
        return tuple(agency.id for agency in self.agencies if agency.participation == "check")


def load_directory(path: Path | None = None) -> Directory:
    """The directory in a TOML file, or in a JSON file; without a path, the demonstration administration's.

    Raises:
        OSError: the file cannot be read.
        tomllib.TOMLDecodeError, pydantic.ValidationError: it is not a valid directory.
    """
    text = (
        path.read_text("utf-8")
        if path
        else files("contracts.terms").joinpath("directory.toml").read_text("utf-8")
    )
    if path and path.suffix == ".json":
        return Directory.model_validate_json(text)
    return Directory.model_validate(tomllib.loads(text))
