"""What earlier runs came to know, known again in their order.

A course goes on after each thing that ends before the next one does. In a new run everything that has
ended is there at once: were it all known at once, a branch would be broken off before it has come to where it
was, and the verbs after it would have other steps, and the answers of others.
"""

from __future__ import annotations

from collections.abc import Sequence

from workflows.case.case import Case


async def in_order(case: Case, ended: Sequence[str]) -> bool:
    """Wait until the course knows all that ended before the step with which a verb ended; false where that
    was in this run, or is still to come."""
    step = ended[0] if ended else ""
    place = case.places.get(step)
    if place is None or not case.runtime.patched("what-ended-first-is-known-first"):
        return False
    case.returning[step] = place
    try:
        await case.runtime.until(lambda: not case.leaving and min(case.returning.values()) == place)
    finally:
        del case.returning[step]
        case.returned += 1
    case.interrupt_if_withdrawn()
    return True
