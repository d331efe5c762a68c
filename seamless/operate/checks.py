"""A check of ``seamless doctor`` alone: whether Temporal knows what the cases have said."""

from __future__ import annotations

from archive.completeness import NoArchive
from workers.process.checks.check import Check, Finding, well, wrong
from workers.process.checks.namespace import described, no_namespace
from workers.process.checks.servers import Servers
from workers.watcher.stuck import StuckCases

NAMED = 5
"""So many cases are named; ``seamless case list --stuck`` names all."""


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


CASES = Check("cases", cases, frozenset({"temporal", "archive"}), at_start=False)
