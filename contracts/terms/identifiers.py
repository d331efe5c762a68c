"""Identifiers, each a separate type: a case id is not an agency id, though both are strings."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


def dashed(name: str) -> str:
    """The name of a class as used in ids: ``review-fire-safety`` for ``ReviewFireSafety``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class Identifier(str):
    """A string that must match its class's pattern; a plain string in JSON.

    Attributes:
        longest: how many characters it may have. Ids of parties are part of topic names, which have at most
            249 in Kafka, an administration's prefix included.

    Raises:
        ValueError: the text is too long or does not match; the message says which and the pattern.
    """

    __slots__ = ()
    pattern: ClassVar[str] = r".+"
    longest: ClassVar[int] = 63

    def __new__(cls, value: str) -> Self:
        if len(value) > cls.longest:
            raise ValueError(
                f"{value[:100]!r} is no {cls.__name__}: it has more than {cls.longest} characters"
            )
        if not re.fullmatch(cls.pattern, value):
            raise ValueError(f"{value!r} is no {cls.__name__}: it has to match {cls.pattern}")
        return super().__new__(cls, value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(pattern=f"^(?:{cls.pattern})$", max_length=cls.longest)
        return core_schema.no_info_after_validator_function(
            cls, text, serialization=core_schema.to_string_ser_schema()
        )


class AdministrationId(Identifier):
    """One administration, the owner of a namespace and a topic prefix: ``cn-demo``."""

    __slots__ = ()
    pattern = r"[a-z0-9]+(-[a-z0-9]+)*"


class AgencyId(Identifier):
    """An organisation that answers requests: ``fire-safety``. Part of its topic names."""

    __slots__ = ()
    pattern = r"[a-z0-9]+(-[a-z0-9]+)*"


class ChannelId(Identifier):
    """A place where applicants meet the administration: ``portal``. Part of its topic names."""

    __slots__ = ()
    pattern = r"[a-z0-9]+(-[a-z0-9]+)*"


class CaseId(Identifier):
    """``<channel>-<uuid version 7>``, minted by the channel, without personal data."""

    __slots__ = ()
    pattern = r"[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    longest = ChannelId.longest + 37

    @property
    def channel(self) -> ChannelId:
        """The channel that minted this id."""
        return ChannelId(self[:-37])


class ProcedureId(Identifier):
    """A procedure by its name in the catalogue: ``construction-permit``."""

    __slots__ = ()
    pattern = r"[a-z0-9]+(-[a-z0-9]+)*"


class VariantId(Identifier):
    """A way of working of a procedure: ``standard``, ``added-review``. Part of its workflow type."""

    __slots__ = ()
    pattern = r"[a-z0-9]+(-[a-z0-9]+)*"


STANDARD = VariantId("standard")
"""The variant of a procedure that has only one way of working."""


class RequestId(Identifier):
    """``<case>/<request type>/<ordinal>``: one request of one case, the same across restarts."""

    __slots__ = ()
    pattern = CaseId.pattern + r"/[a-z0-9.-]+/[0-9]+"
    longest = 250

    @property
    def case(self) -> CaseId:
        """The case that asked."""
        return CaseId(self.split("/", 1)[0])

    @property
    def request_type(self) -> str:
        """The request type's name on the wire, ``<procedure>.<request>``."""
        return self.split("/")[1]


class Party(Identifier):
    """Who acts or has a case: ``agency:<id>``, ``channel:<id>``, ``third-party:<key>``, ``applicant``,
    ``platform``, ``operator``, ``system``."""

    __slots__ = ()
    pattern = r"[a-z]+(-[a-z]+)*(:[a-z0-9]+(-[a-z0-9]+)*)?"
    longest = AgencyId.longest + 20

    @classmethod
    def agency(cls, agency: str) -> Self:
        """The agency of this id."""
        return cls(f"agency:{agency}")

    @classmethod
    def channel(cls, channel: str) -> Self:
        """The channel of this id."""
        return cls(f"channel:{channel}")

    @classmethod
    def third(cls, key: str) -> Self:
        """A third party: an expert, a court, a body that is not an agency of the platform. ``key`` is its
        name in the service item's ``third_parties``."""
        return cls(f"third-party:{key}")

    @property
    def kind(self) -> str:
        """What kind of party: ``agency``, ``channel``, ``third-party``, ``applicant``, ``platform``,
        ``operator`` or ``system``."""
        return self.partition(":")[0]

    @property
    def id(self) -> str:
        """Which agency, channel or third party; empty for the other kinds."""
        return self.partition(":")[2]

    def source(self, administration: str) -> str:
        """The CloudEvents ``source`` of what this party sends: ``urn:<administration>:agency:<id>``."""
        return f"urn:{administration}:{self}"


PLATFORM = Party("platform")
"""The platform itself: deadlines, letters, the ledger."""

APPLICANT = Party("applicant")
"""Whoever applied."""

SYSTEM = Party("system")
"""The platform as the holder of a case that waits for nobody."""

OPERATOR = Party("operator")
"""The operators of the platform, who give orders, each in the name of a person."""
