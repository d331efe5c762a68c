"""The e-value of a pilot, counted block by block as one would on paper."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod

from archive.pilots.cases import PilotCase, by_block, seen


def e_value(
    cases: Sequence[PilotCase], as_of: float, ratios: Sequence[float], shares: Sequence[float]
) -> float:
    """What 1 has become by a day."""
    blocks = [each for each in by_block(seen(cases, as_of)) if len(each) == each[0].size]
    return sum(
        share * prod(_ratio(block, as_of, ratio) for block in blocks)
        for ratio, share in zip(ratios, shares, strict=True)
    )


def _ratio(block: Sequence[PilotCase], as_of: float, ratio: float) -> float:
    """The partial likelihood of one block at a hazard ratio, over that at 1."""
    reached = min((as_of - case.start for case in block if case.end is None), default=inf)
    times = {case.end - case.start for case in block if case.end is not None}
    found = 1.0
    for time in sorted(time for time in times if time <= reached):
        at_risk = [case for case in block if case.end is None or case.end - case.start >= time]
        if all(case.arm == "old" for case in at_risk):
            break
        ended = [case for case in at_risk if case.end is not None and case.end - case.start == time]
        ratio_here = ratio if any(case.arm == "new" for case in ended) else 1.0
        found *= ratio_here * len(at_risk) / (ratio * len(ended) + len(at_risk) - len(ended))
    return found
