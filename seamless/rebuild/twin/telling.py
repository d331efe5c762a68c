"""A prediction, told to people: sentences first, then tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seamless.rebuild.phrases import AsWritten, Language, Naming
from seamless.rebuild.telling import Section, Told
from seamless.rebuild.twin.predicting import Estimate, Prediction, Queue

LITTLE = 0.005
"""What is less is not told."""

PHRASES: Mapping[str, tuple[str, str]] = {
    "title": ("{before} → {after}：预测", "{before} → {after}: predicted"),
    "subtitle": (
        "真实流程代码在模拟部门中运行；{runs}轮，每轮前后各{cases}件",
        "the real workflow code on simulated agencies; {runs} runs of {cases} cases before and after",
    ),
    "shorter": (
        "申请人的总时间预计缩短{gain}（十次中九次在{low}至{high}之间）。",
        "The applicant's whole time is expected to fall by {gain} ({low} to {high} in nine of ten).",
    ),
    "longer": (
        "申请人的总时间预计延长{gain}（十次中九次在{low}至{high}之间，负数为缩短）。",
        "The applicant's whole time is expected to rise by {gain} ({low} to {high} in nine of ten; below 0 it"
        " falls).",
    ),
    "unsure": (
        "区间包含零：不能确定会变好还是变坏。",
        "The interval holds 0: it is not certain whether it gets better or worse.",
    ),
    "days": (
        "平均从{before}天到{after}天；半数办结：{half}天到{other}天。",
        "On average from {before} to {after} days; half are done within {half}, then {other} days.",
    ),
    "silent": (
        "向部门提出的请求中，逾期无答复的之前占{before}，之后占{after}。",
        "Of the requests of agencies, {before} end in silence before, and {after} after.",
    ),
    "learned": (
        "区间包含所学时间、结果和人员数的不确定性，以及个案的偶然性。",
        "The interval holds how uncertain the learned times, outcomes and officers are, and chance.",
    ),
    "stated": (
        "所有时间都是给定的：区间只含偶然性，不含给定值的误差。",
        "All times were stated: the interval holds chance alone, and no error of what was stated.",
    ),
    "assumed": ("假定（没有人给出）：{names}", "Assumed, since nobody knows: {names}"),
    "limit-share": ("{step}：时限的25%至95%", "{step}: 25 to 95 % of its limit"),
    "own-days": ("{step}：1至5天", "{step}: 1 to 5 days"),
    "one-a-day": ("每个工作日1件申请", "one application a working day"),
    "no-queue": ("{agency}：人员按需，不排队", "{agency}: as many officers as needed, no queue"),
    "holders": ("办件在谁手中", "Who has the cases"),
    "queues": ("排队", "Queues"),
    "who": ("谁", "who"),
    "before": ("之前（天）", "before, days"),
    "after": ("之后（天）", "after, days"),
    "officers": ("人员", "officers"),
    "waited": ("等候（工作日）", "waiting, working days"),
    "longest": ("最长队列", "longest queue"),
    "busy": ("忙碌", "busy"),
    "nobody": ("不明", "not known"),
}


def told(
    found: Prediction, language: Language, naming: Naming | None = None, assumed: Sequence[str] = ()
) -> Told:
    """A prediction, in a language.

    Args:
        assumed: what was assumed: the steps whose time is a part of their limit, and keys of phrases.
    """
    return _Telling(found, language, naming or AsWritten(), assumed).told()


class _Telling:
    def __init__(self, found: Prediction, language: Language, naming: Naming, assumed: Sequence[str]) -> None:
        self._found, self._language = found, language
        self._naming, self._assumed = naming, assumed

    def _say(self, key: str, **values: str) -> str:
        zh, en = PHRASES[key]
        return (zh if self._language == "zh" else en).format(**values)

    def told(self) -> Told:
        found = self._found
        return Told(
            title=self._say("title", before=found.before.name, after=found.after.name),
            subtitle=self._say("subtitle", runs=str(found.runs), cases=str(found.cases)),
            findings=tuple(self._findings()),
            sections=(self._holders(), self._queues()),
        )

    def _findings(self) -> Iterator[str]:
        found, gain = self._found, self._found.gain
        if gain.value >= 0:
            yield self._say("shorter", **_shares(gain))
        else:
            turned = Estimate(value=-gain.value, low=-gain.high, high=-gain.low)
            yield self._say("longer", **_shares(turned))
        if gain.low <= 0 <= gain.high:
            yield self._say("unsure")
        yield self._say(
            "days",
            before=f"{found.before.days.value:.1f}",
            after=f"{found.after.days.value:.1f}",
            half=f"{found.before.median:.1f}",
            other=f"{found.after.median:.1f}",
        )
        if max(found.before.silent, found.after.silent) >= LITTLE:
            silent = (_share(side.silent) for side in (found.before, found.after))
            yield self._say("silent", **dict(zip(("before", "after"), silent, strict=True)))
        yield self._say("learned" if found.learned else "stated")
        if self._assumed:
            names = "; ".join(map(self._assumption, self._assumed))
            yield self._say("assumed", names=names)

    def _assumption(self, what: str) -> str:
        if what in PHRASES:
            return self._say(what)
        key = "own-days" if what in ("supplement", "collect") else "limit-share"
        return self._say(key, step=self._naming.step(what))

    def _holders(self) -> Section:
        before = {part.name: part.days_per_case for part in self._found.before.holders}
        after = {part.name: part.days_per_case for part in self._found.after.holders}
        rows = tuple(
            (
                self._say("nobody") if who is None else self._naming.party(who),
                f"{before.get(who, 0):.1f}",
                f"{after.get(who, 0):.1f}",
            )
            for who in dict.fromkeys([*before, *after])
        )
        header = tuple(map(self._say, ("who", "before", "after")))
        return Section("holders", self._say("holders"), header, rows)

    def _queues(self) -> Section:
        before = {each.agency: each for each in self._found.before.queues}
        after = {each.agency: each for each in self._found.after.queues}
        rows, notes = [], []
        for agency in dict.fromkeys([*before, *after]):
            sides, name = [before.get(agency), after.get(agency)], self._naming.party(agency)
            if all(side is None or side.officers is None for side in sides):
                notes.append(self._say("no-queue", agency=name))
                continue
            columns = ("officers", "waited", "longest", "busy")
            rows.append((name, *(_pair(sides, column) for column in columns)))
        header = tuple(map(self._say, ("who", "officers", "waited", "longest", "busy")))
        return Section("queues", self._say("queues"), header, tuple(rows), tuple(notes))


def _pair(sides: Sequence[Queue | None], column: str) -> str:
    def shown(side: Queue | None) -> str:
        value = None if side is None else getattr(side, column)
        if value is None:
            return "–"
        return f"{value:.0%}" if column == "busy" else f"{value:.1f}"

    return " → ".join(map(shown, sides))


def _shares(value: Estimate) -> dict[str, str]:
    return {"gain": _share(value.value), "low": _share(value.low), "high": _share(value.high)}


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"
