"""How simulated parties behave: a small table of shares and working times.

The defaults are assumptions of ours. They are such that every course of a case is seen within a hundred
cases: in time and late, answered and silent, granted and refused, supplemented, withdrawn.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.terms.errors import InvalidInput, faults_of
from contracts.terms.identifiers import AgencyId

Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[float, Field(gt=0, le=1000)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AgencyManner(_Table):
    """How an agency works. Shares are of the requests that it gets.

    Attributes:
        days: how many working days a request takes it on average; None: six tenths of the request's limit.
            Of reports, for which nobody asks it: None is three days.
        late: it answers after the limit: within the grace where there is one, else when it is too late.
        silent: it never answers, so that what the law says of silence follows.
        refuses: its answer is a refusal. Where no outcome is one, it is any but the first.
        otherwise: its answer is neither the first of the outcomes nor a refusal: it has conditions, say.
        thorough: it sees that an application lacks something. Of those that lack something.
        particular: it asks for a better copy of a document. Of applications that lack nothing.
        asks: it asks the applicant something first.
        disowns: it says first that the request is not its own; its answer comes nevertheless.
        corrects: it corrects its answer afterwards.
    """

    days: Days | None = None
    late: Share = 0.05
    silent: Share = 0.04
    refuses: Share = 0.05
    otherwise: Share = 0.1
    thorough: Share = 0.9
    particular: Share = 0.03
    asks: Share = 0.05
    disowns: Share = 0.02
    corrects: Share = 0.02


class ApplicantManner(_Table):
    """How applicants behave.

    Attributes:
        days: how many days it takes them on average to bring what is asked for; less where that would be too
            late.
        lacks: their application lacks something that it may hold. Of all applications.
        silent: they do not bring what is asked for, pay what is due, or reply. Of each.
        late: they bring or pay it after its time. A late payment is sent although the case is closed by then,
            and becomes a dead letter: money came in, and somebody has to see to it.
        partly: they bring a part of it, or pay it in two parts.
        withdraws: they take the application back within a few days. Of all applications.
        urges: they give notice of default, once a decision is late and that has a consequence.
    """

    days: Days = 3.0
    lacks: Share = 0.25
    silent: Share = 0.04
    late: Share = 0.04
    partly: Share = 0.1
    withdraws: Share = 0.04
    urges: Share = 0.5


class Manners(_Table):
    """How everybody behaves: ``agency`` each agency, but for what ``agencies`` says of single ones."""

    agency: AgencyManner = AgencyManner()
    agencies: dict[AgencyId, AgencyManner] = Field(default_factory=dict)
    applicants: ApplicantManner = ApplicantManner()

    def of(self, agency: AgencyId) -> AgencyManner:
        """How an agency works."""
        own = self.agencies.get(agency)
        return self.agency.model_copy(update=own.model_dump(exclude_unset=True)) if own else self.agency


DEMONSTRATION = Manners(
    agencies={
        AgencyId("environment"): AgencyManner(late=0.15, silent=0.1),
        AgencyId("planning"): AgencyManner(refuses=0.1),
    }
)
"""The demonstration administration: environment is the one that operators have to look after."""


def load_manners(file: Path | None) -> Manners:
    """The table in a TOML file; without one, :data:`DEMONSTRATION`.

    Raises:
        InvalidInput: the file cannot be read, or does not say what such a table says; names what and where.
    """
    if file is None:
        return DEMONSTRATION
    try:
        return Manners.model_validate(tomllib.loads(file.read_text("utf-8")))
    except ValidationError as error:
        told = "; ".join(f"{fault.field}: {fault.message}" for fault in faults_of(error))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        told = str(error.strerror if isinstance(error, OSError) else error)
    raise InvalidInput(f"cannot use the manners in {file}: {told}")
