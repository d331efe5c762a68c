"""What was measured, told to people: findings in sentences, and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from seamless.rebuild.durations import FEWEST
from seamless.rebuild.figures import Duration, Measured, Punctual, Row
from seamless.rebuild.phrases import AsWritten, Language, Naming, Phrases

BATCHES_TOLD, LINES = 2, 15
"""So many batches among the findings, and lines in a table, but for a breakdown that was asked for."""
LITTLE = 0.01


class Section(NamedTuple):
    """A table with its title; ``notes`` stand above it."""

    key: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


class Told(NamedTuple):
    """All that is told: ``findings`` in the order of what matters to an applicant."""

    title: str
    subtitle: str
    findings: tuple[str, ...]
    sections: tuple[Section, ...]


def told(found: Measured, language: Language, naming: Naming | None = None) -> Told:
    """What was measured, in a language."""
    return _Telling(found, Phrases(language), naming or AsWritten()).told()


class _Telling:
    def __init__(self, found: Measured, say: Phrases, naming: Naming) -> None:
        self._found, self._say, self._naming = found, say, naming

    def told(self) -> Told:
        found, say = self._found, self._say
        as_of, since, until = (f"{at:%Y-%m-%d}" for at in (found.as_of, found.since, found.until))
        return Told(
            title=say("title", name=self._naming.procedure(found.name)),
            subtitle=say("subtitle", cases=f"{found.cases:,}", since=since, until=until, as_of=as_of),
            findings=tuple(self._findings()),
            sections=tuple(section for section in self._sections() if section.rows or section.notes),
        )

    # --- findings ---------------------------------------------------------------------------------------

    def _findings(self) -> Iterator[str]:
        say, found = self._say, self._found
        yield say.gap.join(self._whole())
        if found.halves is not None:
            yield from filter(None, [say.gap.join(self._changes())])
        if found.whole is not None:
            yield say.gap.join(self._covered())
        yield from filter(None, [say.gap.join(self._held())])
        for batch in found.batches[:BATCHES_TOLD]:
            if batch.share >= LITTLE:
                yield say(
                    "batch",
                    activity=self._naming.step(batch.activity),
                    cases=f"{batch.cases:,}",
                    days=f"{batch.days:,}",
                    of_days=f"{batch.of_days:,}",
                    share=say.share(batch.share),
                )
        for key, limit in (("by-law", found.by_law), ("by-promise", found.by_promise)):
            if limit is not None and limit.share is not None:
                yield say(
                    key,
                    share=say.share(limit.share.value),
                    in_time=f"{limit.in_time:,}",
                    late=f"{limit.late:,}",
                    overdue=f"{limit.overdue_open:,}",
                )
        yield from self._silence()
        if found.not_known:
            yield say("unknown", what=say.all_of([self._unknown(each) for each in found.not_known]))

    def _whole(self) -> Iterator[str]:
        say, found, whole = self._say, self._found, self._found.whole
        if whole is None:
            yield say("whole-unknown")
            return
        mean, low, high = (say.time(each) for each in (whole.mean.value, whole.mean.low, whole.mean.high))
        yield say("whole", mean=mean, low=low, high=high, horizon=say.time(whole.horizon))
        if whole.median is None:
            yield say("spread-none")
        elif whole.nine_in_ten is None:
            yield say("spread-half", median=say.time(whole.median))
        else:
            yield say("spread", median=say.time(whole.median), ninth=say.time(whole.nine_in_ten))
        if whole.open and whole.finished is not None:
            finished = say.time(whole.finished)
            yield say("open", open=f"{whole.open:,}", cases=f"{found.cases:,}", finished=finished)
        elif not whole.open:
            yield say("all-done", cases=f"{found.cases:,}")

    def _changes(self) -> Iterator[str]:
        say, halves = self._say, self._found.halves
        assert halves is not None
        for key, change in (("recorded", halves.recorded), ("whole", halves.whole)):
            if change is not None:
                yield say(f"{key}-{'change' if change.differs else 'same'}", change=self._say.change(change))
        recorded, whole = halves.recorded, halves.whole
        if recorded and recorded.differs and recorded.value < 0 and whole and not whole.differs:
            yield say("deceived")
        if halves.first.one_officer and halves.second.one_officer:
            before, after = halves.first.one_officer.value, halves.second.one_officer.value
            yield say("officers", before=say.share(before), after=say.share(after))

    def _covered(self) -> Iterator[str]:
        parts = {part.name: self._say.share(part.share) for part in self._found.phases}
        nothing = self._say.share(0)
        three = {name: parts.get(name, nothing) for name in ("before", "recorded", "after")}
        alone = "before" not in parts and "after" not in parts
        yield self._say("covered-alone" if alone else "covered", **three)
        if "since" in parts:
            yield self._say("covered-since", since=parts["since"])

    def _held(self) -> Iterator[str]:
        known = self._found.known_holders
        if not known:
            return
        who = self._naming.party(known[0].name or "")
        yield self._say("held", who=who, share=self._say.share(known[0].share))
        unknown = sum(part.share for part in self._found.holders if part.name is None)
        if unknown >= LITTLE:
            yield self._say("held-unknown", share=self._say.share(unknown))

    def _silence(self) -> Iterator[str]:
        silence, say = self._found.silence, self._say
        if silence is None:
            return
        counted = silence.outcomes.items()
        outcomes = say.all_of([f"{self._naming.outcome(name) or '—'} {count:,}" for name, count in counted])
        shown = (f"（{outcomes}）" if say.language == "zh" else f" ({outcomes})") if outcomes else ""
        yield say("silence", steps=f"{silence.steps:,}", of_steps=f"{silence.of_steps:,}", outcomes=shown)
        if silence.cases:
            yield say("silent-cases", cases=f"{silence.cases:,}")

    def _unknown(self, what: str) -> str:
        return self._say("silence-name" if what == "silence" else what)

    # --- tables -----------------------------------------------------------------------------------------

    def _sections(self) -> Iterator[Section]:
        found = self._found
        if found.by is not None:
            yield self._breakdown(found.by, found.rows)
        yield self._halves()
        yield self._parts("phases")
        if found.known_holders:
            yield self._parts("holders")
        yield self._handoffs()
        yield self._rework()
        yield self._batches()
        yield self._in_time()
        yield self._counts()
        yield self._explained()
        yield self._read()

    def _section(
        self, key: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]], *notes: str
    ) -> Section:
        names = tuple(self._say(f"c-{name}") for name in header)
        return Section(key, self._say(f"s-{key}"), names, tuple(rows), notes)

    def _mean(self, duration: Duration | None) -> str:
        if duration is None:
            return self._say("nobody")
        if duration.count < FEWEST:
            return self._say.time(duration.mean.value)
        mean = self._say.between(duration.mean, times=True)
        if duration.horizon < self._found.horizon:
            mean += self._say("up-to", horizon=self._say.time(duration.horizon))
        return mean

    def _halves(self) -> Section:
        say, halves, rows = self._say, self._found.halves, list[tuple[str, ...]]()
        if halves is not None:
            for name, half in (("first", halves.first), ("second", halves.second)):
                officer = half.one_officer
                rows.append(
                    (
                        say(name),
                        f"{half.since:%Y-%m-%d} – {half.until:%Y-%m-%d}",
                        f"{half.cases:,}",
                        self._mean(half.whole),
                        self._mean(half.recorded),
                        say("nobody") if officer is None else say.share(officer.value),
                    )
                )
            changes = [self._say.change(each) if each else "" for each in (halves.whole, halves.recorded)]
            rows.append((say("change"), "", "", *changes, ""))
        header = ("part", "period", "cases", "whole", "recorded", "one-officer")
        return self._section("halves", header, rows, *([say("halves-note")] if rows else []))

    def _parts(self, key: str) -> Section:
        say = self._say
        parts = self._found.phases if key == "phases" else self._found.holders
        name = say if key == "phases" else self._naming.party
        rows = [
            (
                say("nobody") if part.name is None else name(part.name),
                say.time(part.days_per_case),
                say.share(part.share),
            )
            for part in parts[:LINES]
        ]
        work, notes = self._found.working, []
        if key == "phases" and work is not None:
            value, low, high = (say.share(each) for each in (work.value, work.low, work.high))
            notes = [say("working", value=value, low=low, high=high, count=f"{self._found.working_of:,}")]
        return self._section(key, ("part", "days", "share"), rows, *notes)

    def _who(self, name: str | None) -> str:
        if name is None:
            return self._say("nobody")
        groups = self._found.handoffs.between == "groups"
        return self._naming.party(name) if groups else self._naming.step(name)

    def _handoffs(self) -> Section:
        say, found = self._say, self._found.handoffs
        rows = [
            (self._who(pair.before), self._who(pair.after), f"{pair.count:,}", say.time(pair.median))
            for pair in found.pairs
        ]
        each = found.per_case
        value, low, high = (f"{number:.2f}" for number in (each.value, each.low, each.high))
        notes = [say("per-case", value=value, low=low, high=high)]
        notes.append(say("ping-pong", value=say.between(found.ping_pong, times=False)))
        if found.between == "activities":
            notes.append(say("between-activities"))
        return self._section("handoffs", ("from", "to", "count", "median"), rows, *notes)

    def _rework(self) -> Section:
        say, found = self._say, self._found.handoffs
        rows = [
            (self._naming.step(each.activity), f"{each.cases:,}", say.share(each.share))
            for each in found.repeated
        ]
        note = say("rework", value=say.between(found.rework, times=False))
        names = (say("c-step"), say("c-cases"), say("c-any"))
        return Section("rework", say("s-rework"), names, tuple(rows), (note,))

    def _batches(self) -> Section:
        say = self._say
        rows = [
            (
                self._naming.step(batch.activity),
                f"{batch.cases:,}",
                f"{batch.days:,} / {batch.of_days:,}",
                say.time(batch.waiting),
                say.share(batch.share),
            )
            for batch in self._found.batches[:LINES]
        ]
        return self._section("batches", ("step", "count", "days-used", "waiting", "share"), rows)

    def _in_time(self) -> Section:
        found, say = self._found, self._say
        limits = (
            ("law", found.by_law),
            ("promise", found.by_promise),
            ("steps-in-time", found.steps_in_time),
        )
        rows = [(say(name), *self._punctual(limit)) for name, limit in limits if limit is not None]
        return self._section("in-time", ("what", "in-time", "late", "overdue", "share"), rows)._replace(
            header=(*(say(f"c-{name}") for name in ("what", "in-time", "late", "overdue")), "")
        )

    def _punctual(self, limit: Punctual) -> tuple[str, ...]:
        share = "" if limit.share is None else self._say.between(limit.share, times=False)
        return (f"{limit.in_time:,}", f"{limit.late:,}", f"{limit.overdue_open:,}", share)

    def _counts(self) -> Section:
        rows = [
            (
                self._say(count.name),
                f"{count.cases:,}",
                f"{count.mean:,.2f}",
                self._say.share(count.with_any),
            )
            for count in self._found.counts
        ]
        return self._section("counts", ("what", "cases", "mean-plain", "any"), rows)

    def _explained(self) -> Section:
        say, rows = self._say, list[tuple[str, ...]]()
        built_in = {"month", "year", "variant", "steps", "handoffs", "one-officer", "channel"}
        for each in self._found.explained[:LINES]:
            name = each.name
            if name == "rework":
                name = say("rework-name")
            elif name == "law":
                name = say("law-version")
            elif name in built_in:
                name = say(name)
            name += say("in-course") if each.in_course else ""
            rows.append((name, f"{each.levels}", say.between(each.share, times=False)))
        notes = [say("association")] if rows else []
        return self._section("explained", ("what", "kinds", "explained"), rows, *notes)

    def _read(self) -> Section:
        say, found = self._say, self._found
        notes = [say("horizon", horizon=say.time(found.horizon)), say("counted-open")]
        what = say.all_of([self._naming.step(each) for each in found.ending])
        notes.append(say(f"ends-{found.ends}", what=what))
        notes += [say("column", field=field, column=column) for field, column in found.columns.items()]
        notes += [say(what, count=f"{count:,}") for what, count in found.passed_over.items()]
        if found.by_day:
            notes.append(say("by-day"))
        return Section("read", say("s-read"), (), (), tuple(notes))

    def _breakdown(self, by: str, lines: tuple[Row, ...]) -> Section:
        say = self._say
        rows = []
        for row in lines:
            names = [
                self._naming.step(name or "") if by == "step" else self._key(by, name) for name in row.key
            ]
            took, late = row.duration, row.in_time
            rows.append(
                (
                    " → ".join(names),
                    f"{took.count:,}",
                    f"{took.open:,}",
                    self._mean(took),
                    "" if took.median is None else say.time(took.median),
                    "" if row.share is None else say.share(row.share),
                    "" if late is None or late.share is None else say.share(late.share.value),
                )
            )
        header = ("part", "count", "open", "mean", "median", "share", "in-time")
        return self._section(by, header, rows)

    def _key(self, by: str, name: str | None) -> str:
        if by in ("variant", "month"):
            return self._say("nobody") if name is None else name
        return self._who(name)
