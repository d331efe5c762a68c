"""The levers: what operators may order. An order says who gave it and why, and is recorded in a ledger."""

from __future__ import annotations

from typing import Literal

CaseLever = Literal["cancel", "resend", "move", "extend", "release"]
"""Of one case: end it; send a request again; give a request to another agency; extend the limits of the case;
let a consequence take effect that is held."""

PartyLever = Literal["pause", "resume", "quarantine", "readmit"]
"""Of one party, in every case: let nothing follow from an agency's silence; end that; admit nothing that a
party says; end that."""

LetterLever = Literal["replay", "discard"]
"""Of dead letters: have the gateway carry one again; put one aside for good."""

Lever = CaseLever | PartyLever
"""What is ordered on the operators' topic. What becomes of a dead letter stands beside it, on its own
topic."""
