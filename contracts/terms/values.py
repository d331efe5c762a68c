"""How every contract behaves, and the small values that many contracts share."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


def absent(value: Any) -> bool:
    """Whether an optional field is left out of the JSON: ``null`` and "not there" mean the same."""
    return value is None


Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Contract(BaseModel):
    """A message or a part of one.

    Immutable. Unknown fields are kept, since contracts evolve by optional additions: an older
    reader must hand on what a newer writer said.
    """

    # What is no number is written as such, and refused by the check at admission: never turned into null.
    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False, ser_json_inf_nan="constants")


class Bilingual(Contract):
    """What an applicant or an officer reads, in Chinese and in English."""

    zh: Text
    en: Text


class Money(Contract):
    """An amount in a currency (ISO 4217). Decimal, never a float; a string in JSON."""

    amount: Decimal = Field(ge=0, decimal_places=2, max_digits=18)
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class DocumentRef(Contract):
    """A document by reference: documents do not travel inside events.

    ``sha256`` lets the reader prove that what it fetched is what was meant; ``size`` is in bytes.
    """

    uri: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*:\S+$", max_length=2000)]
    sha256: Sha256
    size: int = Field(ge=0)
