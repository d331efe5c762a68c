"""Of any log, what to begin with, what a change was worth and how large a pilot has to be can be told, or it
is told why not."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import event, given, settings
from hypothesis import strategies as st

from contracts.terms.errors import InvalidInput
from seamless.rebuild.log import CaseRecord
from seamless.rebuild.placebo import compare
from seamless.rebuild.placebo_told import told_compared
from seamless.rebuild.ranking import rank
from seamless.rebuild.ranking_told import told_ranking
from seamless.rebuild.sizing import size
from seamless.rebuild.sizing_told import told_size
from seamless.rebuild.targets import KINDS, Kind
from seamless.rebuild.windows import Length
from tests.unit.seamless.rebuild.logs import day, log
from tests.unit.seamless.rebuild.test_measuring import any_case

CASES = st.lists(any_case(), min_size=20, max_size=60)
any_log = settings(deadline=None, max_examples=40)


@any_log
@given(CASES, st.sampled_from(KINDS), st.integers(1, 60))
def test_a_ranking(cases: list[CaseRecord], by: Kind, length: int) -> None:
    try:
        found = rank(log(cases, 100), by=by, length=Length(length, "d"))
    except InvalidInput as error:
        event(str(error)[-40:])
        return
    assert sum(target.share for target in found.targets) <= 1 + 1e-9
    for target in found.targets:
        assert target.hours_a_month > 0
        assert 0 <= target.chance.among_first <= target.chance.of_windows
        assert target.chance.value is None or 0 <= target.chance.value <= 1
        assert target.expected <= target.hours_a_month
    assert len(told_ranking(found, "en").findings) == len(told_ranking(found, "zh").findings) > 0


@any_log
@given(CASES, st.integers(10, 45), st.integers(9, 25))
def test_a_comparison(cases: list[CaseRecord], at: int, length: int) -> None:
    try:
        found = compare(log(cases, 100), day(at), length=Length(length, "d"))
    except InvalidInput as error:
        event(str(error)[-40:])
        return
    assert found.before.horizon == found.after.horizon
    if found.placebo is not None:
        assert 1 <= found.placebo.apart <= found.placebo.pairs
        assert 0 < found.placebo.chance <= 1
    assert len(told_compared(found, "en").findings) == len(told_compared(found, "zh").findings) > 0


@settings(any_log, max_examples=15)
@given(CASES, st.sampled_from(["1/2", "1/5"]), st.sampled_from(["1/1000", "1/5", "99/100"]))
def test_a_size(cases: list[CaseRecord], share: str, gain: str) -> None:
    try:
        found = size(log(cases, 100), gain=Fraction(gain), share=Fraction(share))
    except InvalidInput as error:
        event(str(error)[-40:])
        return
    for design in found.designs:
        assert design.cases is None or design.cases >= 1
        assert design.seen is False or design.months is not None
    assert len(told_size(found, "en").findings) == len(told_size(found, "zh").findings) > 0
