"""Checks of ``seamless doctor`` alone: whether Temporal knows what the cases have said, and which procedures
may open new ones."""

from __future__ import annotations

from archive.completeness import NoArchive
from workers.process.checks.check import Check, Finding, well, wrong
from workers.process.checks.namespace import described, no_namespace
from workers.process.checks.servers import Servers
from workers.process.verdicts import SECONDS_AT_MOST, of_each, verdict_of
from workers.watcher.stuck import StuckCases
from workflows.procedures import PROCEDURES

NAMED = 5
"""How many cases are named; ``seamless case list --stuck`` names all."""


async def cases(servers: Servers) -> Finding:
    """No case's ledger says more than Temporal knows of the case: it would, after a restore from a backup."""
    if await described(servers) is None:
        return no_namespace(servers.settings.namespace)
    checks = servers.settings.directory.checks()
    try:
        stuck = await StuckCases(servers.temporal, servers.archive, checks=checks).find()
    except NoArchive as error:
        return wrong(f"nothing: {error}", "start `seamless worker archive`")
    fallen = [each.case for each in stuck if each.reason == "fell-back"]
    compared = "the ledgers in the archive with what Temporal knows of their cases"
    if not fallen:
        return well(compared)
    named = ", ".join(fallen[:NAMED]) + (f" and {len(fallen) - NAMED} more" if len(fallen) > NAMED else "")
    return wrong(
        f"{compared}: {len(fallen)} say more, {named}",
        "Temporal was restored from a backup: see Restoring Temporal in docs/operating.md",
    )


async def procedures(servers: Servers) -> Finding:
    """Every procedure passes its check: the gateway opens no new case of one that does not."""
    verdicts = await of_each(verdict_of, (each.workflow_type for each in PROCEDURES))
    compared = "the code of each procedure with the rules of its check"
    broken = [each for each in verdicts if each.broken]
    if not broken:
        return well(compared)
    told = "; ".join(f"{each.workflow_type} breaks {', '.join(each.broken)}" for each in broken)
    return wrong(
        f"{compared}: {told}",
        f"`seamless procedure check {broken[0].workflow_type}` prints the path there; until it is fixed, the "
        "gateway opens no new case, unless SEAMLESS_UNCHECKED names the procedure",
    )


CASES = Check("cases", cases, frozenset({"temporal", "archive"}), at_start=False)
PROCEDURES_CHECKED = Check("procedures", procedures, at_start=False, seconds=SECONDS_AT_MOST)
