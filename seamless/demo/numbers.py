"""Case ids that carry their number, so that a simulated agency finds its draw by the case id alone."""

from __future__ import annotations

import uuid_utils

from contracts.terms.identifiers import CaseId, ChannelId


def numbered_case(channel: ChannelId, number: int) -> CaseId:
    """A fresh case id whose last twelve digits are ``number``."""
    return CaseId(f"{channel}-{str(uuid_utils.uuid7())[:-12]}{number:012x}")


def number_of(case: str) -> int:
    """The number of a case of the demonstration."""
    return int(case[-12:], 16)
