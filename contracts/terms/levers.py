"""The levers: what operators may order. An order says who gave it and why, and is recorded in a ledger."""

from __future__ import annotations

from typing import Literal

CaseLever = Literal["cancel", "resend", "move", "extend", "release"]
"""Of one case: end it; send a request again; give a request to another agency; extend the limits of the case;
let a consequence take effect that is held."""

PartyLever = Literal["pause", "resume", "quarantine", "readmit"]
"""Of one party, in every case: let nothing follow from an agency's silence; end that; admit nothing that a
party says; end that."""

Lever = CaseLever | PartyLever
