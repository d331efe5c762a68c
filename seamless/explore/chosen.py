"""One way of working of a procedure under one law version, as it is named: ``NAME[.VARIANT][@LAW]``."""

from __future__ import annotations

from typing import Any, NamedTuple

from activities.checks import CHECKS
from contracts.terms.directory import Directory
from contracts.terms.errors import InvalidInput
from contracts.terms.law import LawVersion
from contracts.terms.service_item import ServiceItem
from seamless.explore.check import LawChecked, Told, check_law, laws_of
from seamless.explore.listed import named
from workflows.case import Procedure


class Chosen(NamedTuple):
    """A class of a procedure, and the law version under which it is looked at."""

    procedure: type[Procedure[Any]]
    law: LawVersion

    @property
    def item(self) -> ServiceItem:
        """Its service item."""
        return self.procedure.item

    @property
    def name(self) -> str:
        """What it is named by: its workflow type and its law version."""
        return f"{self.procedure.workflow_type}@{self.law.id}"

    def explored(self, directory: Directory, told: Told | None = None) -> LawChecked:
        """What exploring it finds.

        Args:
            told: told of the progress now and then.
        """
        return check_law(self.procedure, self.law, directory, CHECKS, told)


def chosen(name: str) -> Chosen:
    """The class and the law version of a name. Without a variant it is the one in which a case is opened;
    without a law version the newest one, of those that know the variant.

    Raises:
        InvalidInput: there is no such procedure, variant or law version; names the known ones.
    """
    whole, _, law = name.partition("@")
    classes = named(whole.partition(".")[0])
    item = classes[0].item
    versions = {each.id: each for each in item.laws}
    if law and law not in versions:
        raise InvalidInput(f"{item.procedure} has no law version {law!r}; there are: {', '.join(versions)}")
    opened_in = (versions[law] if law else item.newest_law).variants[0]
    variant = whole.partition(".")[2] or opened_in
    procedure = next((each for each in classes if each.variant == variant), None)
    if procedure is None:
        known = ", ".join(each.variant for each in classes)
        raise InvalidInput(f"{item.procedure} has no variant {variant!r}; there are: {known}")
    laws = {each.id: each for each in laws_of(procedure)}
    if law and law not in laws:
        raise InvalidInput(
            f"law version {law!r} does not know the variant {variant!r}; those that do are: {', '.join(laws)}"
        )
    return Chosen(procedure, laws[law] if law else list(laws.values())[-1])
