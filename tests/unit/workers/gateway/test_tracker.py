"""What may be committed: never past an event that has not ended, never back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.gateway.tracker import BYTES_AT_MOST, Tracker


def tracker_with(*offsets: int, window: int = 10, reach: int = 20) -> Tracker:
    tracker = Tracker(window, reach=reach)
    for offset in offsets:
        tracker.add(offset, float(offset))
    return tracker


def test_nothing_is_committed_before_the_first_event_has_ended() -> None:
    assert Tracker(10).committable is None
    assert tracker_with(5, 6).committable == 5, "the place where reading began may be committed"


def test_the_lowest_unfinished_event_holds_the_commit_back() -> None:
    tracker = tracker_with(5, 6, 7)
    tracker.finish(6)
    tracker.finish(7)
    assert tracker.committable == 5
    assert tracker.unfinished == 1
    tracker.finish(5)
    assert tracker.committable == 8
    assert tracker.unfinished == 0


def test_what_the_broker_has_is_not_committed_again() -> None:
    tracker = tracker_with(5, 6)
    tracker.finish(5)
    tracker.committed(6)
    assert tracker.committable is None
    tracker.finish(6)
    assert tracker.committable == 7


def test_a_commit_never_goes_back() -> None:
    tracker = tracker_with(5, 6)
    tracker.finish(5)
    tracker.committed(7)  # somebody else's
    tracker.committed(6)
    assert tracker.committable is None


def test_offsets_may_have_gaps() -> None:
    tracker = tracker_with(5, 9, 20)
    for offset in (20, 5, 9):
        tracker.finish(offset)
    assert tracker.committable == 21


def test_an_offset_read_again_in_one_assignment_is_an_error() -> None:
    with pytest.raises(ValueError, match="offset 6 was read after 7"):
        tracker_with(5, 6, 7).add(6, 0.0)


def test_the_oldest_is_the_lowest_unfinished() -> None:
    tracker = tracker_with(5, 6)
    assert tracker.oldest == 5.0
    tracker.finish(6)
    assert tracker.oldest == 5.0
    tracker.finish(5)
    assert tracker.oldest is None


def test_reading_pauses_when_the_window_is_full_and_resumes_with_half_of_it_free() -> None:
    tracker = tracker_with(*range(10), window=10)
    assert tracker.full
    for offset in range(4):
        tracker.finish(offset)
    assert not tracker.full
    assert not tracker.resumable, "or it would pause again at once"
    tracker.finish(4)
    assert tracker.resumable


def test_reading_pauses_when_one_stuck_event_lies_too_far_behind() -> None:
    tracker = tracker_with(0, window=10, reach=2)
    for offset in range(1, 20):
        tracker.add(offset, 0.0)
        tracker.finish(offset)
    assert tracker.unfinished == 1
    assert tracker.full
    assert not tracker.resumable
    tracker.finish(0)
    assert tracker.resumable


@given(gaps=st.lists(st.integers(1, 5), min_size=1, max_size=40), data=st.data())
def test_in_whatever_order_events_end_the_commit_is_the_lowest_unfinished(
    gaps: list[int], data: st.DataObject
) -> None:
    offsets = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    tracker = tracker_with(*offsets)
    unfinished, highest = set(offsets), 0
    for offset in data.draw(st.permutations(offsets)):
        tracker.finish(offset)
        unfinished.remove(offset)
        expected = min(unfinished, default=offsets[-1] + 1)
        assert tracker.position == expected
        assert tracker.unfinished == len(unfinished)
        if tracker.committable is not None:
            assert highest < tracker.committable <= expected
            highest = tracker.committable
            tracker.committed(highest)
    assert highest == offsets[-1] + 1


def test_a_partition_without_a_record_moves_on_past_the_marker_of_a_transaction() -> None:
    tracker = Tracker(10)
    tracker.skip_to(5)
    assert tracker.committable == 5
    tracker.add(5, 0)
    tracker.skip_to(7)  # a marker after it
    assert tracker.committable == 5
    tracker.finish(5)
    assert tracker.committable == 7


def test_events_behind_many_others_of_their_case_leave_the_window_to_the_others() -> None:
    tracker = Tracker(10)
    for offset in range(100):
        tracker.add(offset, 0, crowded=offset >= 5)
    assert not tracker.full
    for offset in range(100, 105):
        tracker.add(offset, 0)
    assert tracker.full


def test_what_is_kept_is_bounded_in_bytes_too() -> None:
    tracker = Tracker(1000)
    tracker.add(0, 0, size=BYTES_AT_MOST, crowded=True)
    assert tracker.full
    tracker.finish(0)
    assert not tracker.full
    assert tracker.resumable
