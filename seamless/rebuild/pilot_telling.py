"""A pilot, told to people: how it stands, what its cases say, who decided what, and what happens next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import NamedTuple

from archive.pilots.cases import HARMS
from contracts.pilots import Arm
from contracts.terms.identifiers import Party
from seamless.rebuild.phrases import Language, Naming
from seamless.rebuild.pilot import Pilot
from seamless.rebuild.pilot_phrases import PILOT, PilotPhrases
from seamless.rebuild.telling import Section

MANY = 100
"""Of more pairs, it is told in how many of a hundred."""
MOST = 1000
"""Stronger evidence is told as more than that."""


class Told(NamedTuple):
    """What is told of a pilot: ``stands`` is how it stands, in a sentence; ``evidence``, ``history`` and
    ``next`` are further sentences."""

    title: str
    subtitle: str
    stands: str
    evidence: tuple[str, ...]
    history: tuple[str, ...]
    next: str | None
    arms: Section | None


def told(pilot: Pilot, language: Language, naming: Naming, zone: tzinfo) -> Told:
    """A pilot, in a language.

    Args:
        zone: in which days and times are told.
    """
    return _Telling(pilot, PilotPhrases(language), naming, zone).told()


class _Telling:
    def __init__(self, pilot: Pilot, say: PilotPhrases, naming: Naming, zone: tzinfo) -> None:
        self._pilot, self._say, self._naming, self._zone = pilot, say, naming, zone

    def told(self) -> Told:
        pilot, say = self._pilot, self._say
        unknown = say("p-unknown")
        procedure = self._naming.procedure(pilot.procedure) if pilot.procedure else unknown
        return Told(
            title=say("p-title", procedure=procedure, new=pilot.new or unknown, old=pilot.old or unknown),
            subtitle=say("p-subtitle", number=pilot.number, case=pilot.case, as_of=self._at(pilot.as_of)),
            stands=say.gap.join([say(self._standing()), *self._pairs()]),
            evidence=tuple(self._evidence()),
            history=tuple(self._history()),
            next=self._next(),
            arms=self._arms() if pilot.cases else None,
        )

    def _standing(self) -> str:
        pilot = self._pilot
        if pilot.stage == "run":
            return "p-run" if pilot.evidence.verdict == "undecided" else f"p-run-{pilot.evidence.verdict}"
        if pilot.stage == "decide":
            found = pilot.looks[-1].outcome if pilot.looks else ""
            return "p-decide-better" if found == "better" else "p-decide-exhausted"
        if pilot.stage == "gone-back":
            return f"p-gone-back-{pilot.reason}"
        return f"p-{pilot.stage}"

    def _pairs(self) -> Iterator[str]:
        pairs, say = self._pilot.evidence.pairs, self._say
        if not self._pilot.cases:
            return
        if not pairs.known:
            yield say("p-pairs-none")
            return
        key, count = ("slower", pairs.slower) if pairs.slower > pairs.faster else ("faster", pairs.faster)
        counted = {"count": f"{count:,}", "known": f"{pairs.known:,}"}
        if pairs.known > MANY:
            yield say(f"p-of-100-{key}", share=round(100 * count / pairs.known), **counted)
        else:
            yield say(f"p-pairs-{key}", **counted)

    def _evidence(self) -> Iterator[str]:
        pilot, say, found = self._pilot, self._say, self._pilot.evidence
        if not pilot.cases:
            return
        if pilot.times.difference:
            new, old = (say.between(pilot.times.means[arm].mean, times=True) for arm in ("new", "old"))
            horizon = say.time(pilot.times.means["new"].horizon)
            change = say.change(pilot.times.difference)
            yield say("p-means", new=new, old=old, horizon=horizon, change=change)
        yield say(
            "p-evidence",
            faster=_strength(found.faster.e),
            slower=_strength(found.slower.e),
            goal=f"{found.faster.goal:.0f}",
        )
        for harm in HARMS:
            counted = found.harmed[harm]
            if harm == "refused" or counted.new or counted.old:
                more = found.harm[harm].reached is not None
                said = say("p-harm", what=say(f"p-{harm}"), **vars(counted))
                yield say.gap.join([said, *([say("p-harm-more")] if more else [])])
        if pilot.disturbing:
            agencies = say.all_of([self._naming.party(Party.agency(each)) for each in pilot.disturbing])
            yield say("p-disturbed", agencies=agencies)
        if pilot.times.since and pilot.times.since.differs:
            yield say("p-old-changed", change=say.change(pilot.times.since))
        if found.pairs.not_yet_known:
            yield say("p-pairs-open", open=f"{found.pairs.not_yet_known:,}")
        if found.set_aside:
            yield say("p-set-aside", blocks=f"{found.set_aside:,}")

    def _history(self) -> Iterator[str]:
        pilot, say = self._pilot, self._say
        if pilot.owner and pilot.why:
            yield say("p-proposed", at=self._at(pilot.opened), owner=pilot.owner, why=pilot.why)
        if pilot.block and pilot.most:
            yield say("p-plan", block=pilot.block, most=f"{pilot.most:,}")
        yes = [each.at for each in pilot.approvals if each.outcome == "approve"]
        if len(yes) > 1:
            yield say("p-approved-two", first=self._at(yes[0]), second=self._at(yes[1]))
        elif yes:
            yield say("p-approved-one", first=self._at(yes[0]))
        for each in pilot.approvals:
            if each.outcome == "refuse":
                yield say("p-refused-by", at=self._at(each.at), why=self._because(each.note))
        if pilot.begun:
            found = pilot.evidence
            cases = f"{found.new + found.old:,}"
            at = self._at(pilot.begun)
            yield say("p-begun", at=at, cases=cases, new=f"{found.new:,}", old=f"{found.old:,}")
            open_ = found.new_open + found.old_open
            if pilot.cases:
                yield say("p-still", open=f"{open_:,}") if open_ else say("p-all-done", cases=cases)
        if pilot.looks:
            yield say("p-looks", count=f"{len(pilot.looks):,}", at=self._at(pilot.looks[-1].at))
        if pilot.decision and pilot.decision.officer:
            what = say(f"p-{pilot.decision.outcome}")
            why = self._because(pilot.decision.note)
            yield say("p-decided", at=self._at(pilot.decision.at), what=what, why=why)

    def _because(self, note: str | None) -> str:
        if not note:
            return ""
        return f"（{note}）" if self._say.language == "zh" else f" ({note})"

    def _next(self) -> str | None:
        stage = "approve" if self._pilot.stage == "confirm" else self._pilot.stage
        key, due = f"p-next-{stage}", self._pilot.due()
        if key not in PILOT:
            return None
        return self._say("p-next", what=self._say(key, due=self._at(due) if due else "—"))

    def _arms(self) -> Section:
        say, found, means = self._say, self._pilot.evidence, self._pilot.times.means
        rows = []
        arms: tuple[tuple[Arm, str | None, int, int], ...] = (
            ("new", self._pilot.new, found.new, found.new_open),
            ("old", self._pilot.old, found.old, found.old_open),
        )
        for arm, variant, cases, open_ in arms:
            its = means.get(arm)
            refused = getattr(found.harmed["refused"], arm)
            rows.append(
                (
                    say(f"p-{arm}", variant=variant or say("p-unknown")),
                    f"{cases:,}",
                    f"{open_:,}",
                    say.between(its.mean, times=True) if its else "—",
                    say.time(its.median) if its and its.median is not None else "—",
                    f"{refused:,}",
                )
            )
        header = tuple(say(f"p-c-{name}") for name in ("way", "cases", "open", "mean", "median", "refused"))
        return Section("arms", say("p-s-arms"), header, tuple(rows))

    def _at(self, instant: datetime) -> str:
        return f"{instant.astimezone(self._zone):%Y-%m-%d %H:%M}"


def _strength(e: float) -> str:
    """An e-value for people."""
    return "< 0.1" if e < 0.1 else f"> {MOST:,}" if e > MOST else f"{e:.1f}"
