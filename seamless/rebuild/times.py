"""Times as logs write them: with an offset from UTC, without one, or days alone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta


class Times:
    """Reads the times of one log.

    Attributes:
        by_day: all that were read had neither a time of day nor an offset.
    """

    def __init__(self, written: str | None = None) -> None:
        """
        Args:
            written: how they are written, as ``strptime`` takes it; ISO 8601, unless given.
        """
        self._written = written
        self._first: tuple[bool, str] | None = None
        self.by_day = True

    def read(self, text: str, where: str) -> datetime:
        """A time. One without an offset is taken to be of UTC, as are all of its log then.

        Raises:
            ValueError: it is none, or has an offset where others have none; says how to mend it.
        """
        at = self._parsed(text)
        self.by_day = self.by_day and at.tzinfo is None and at.time() == time()
        offset = at.tzinfo is not None
        first, place = self._first = self._first or (offset, where)
        if offset != first:
            with_it, without = (place, where) if first else (where, place)
            raise ValueError(
                f"has no common zone with the others: {with_it} has an offset from UTC, {without} has none; "
                "give all of them one"
            )
        return at if offset else at.replace(tzinfo=UTC)

    def end_of_day(self, text: str, near: datetime) -> datetime:
        """The instant at which the day of a time is over; in the zone of ``near``, where it has none.

        Raises:
            ValueError: it is no time; says how to mend it.
        """
        at = self._parsed(text)
        try:
            return datetime.combine(at.date() + timedelta(days=1), time(), at.tzinfo or near.tzinfo)
        except OverflowError:
            raise ValueError("is too late for a limit; leave it empty where there is none") from None

    def _parsed(self, text: str) -> datetime:
        try:
            if self._written:
                return datetime.strptime(text, self._written)  # noqa: DTZ007 - whether it has a zone is seen
            return datetime.fromisoformat(text)
        except ValueError:
            if self._written:
                raise ValueError(f"is not written as --time-format says, {self._written}") from None
            raise ValueError(
                "is no time of ISO 8601; write it as 2026-03-02T09:30:00+08:00, or say how it is written: "
                "--time-format '%d.%m.%Y %H:%M'"
            ) from None
