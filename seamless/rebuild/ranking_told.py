"""What to rebuild first, told to people: each target with its reason in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seamless.rebuild.phrases import AsWritten, Language, Naming, Phrases
from seamless.rebuild.ranking import Ranking, Target
from seamless.rebuild.stakes import Ease, Risk
from seamless.rebuild.telling import LINES, Section, Told
from seamless.rebuild.windows import length

SENTENCES = 10
"""So many targets are told in a sentence; the table has more."""

LITTLE = 0.5
"""Fewer hours a month are told as less than one."""

PHRASES: Mapping[str, tuple[str, str]] = {
    "title": ("{name}：先改哪里", "{name}: what to rebuild first"),
    "subtitle": (
        "依据{since}至{until}；数据共{windows}个时段，每个{window}，截至{as_of}",
        "by what was done from {since} to {until}; the log has {windows} windows of {window}, as of "
        "{as_of}",
    ),
    "reason": (
        "{place}、{name}：每月有{hours}小时的等待超出其最好的四分之一，占全部的{share}；{lasts}；"
        "{ease}{risk}。",
        "{place}. {name}: {hours} hours of waiting a month are beyond its best quarter, {share} of "
        "what all offer; {lasts}; {ease}{risk}.",
    ),
    "lasts": (
        "在已可评判的{windows}个时段中，有{among}个列前三，今后仍列前三的可能为{chance}",
        "it was among the first three in {among} of the {windows} windows that can be judged by now, "
        "so it still is later with a chance of {chance}",
    ),
    "lasts-unknown": (
        "已可评判的时段太少（{windows}个），今后是否仍列前三不明",
        "with {windows} windows that can be judged by now, it is not known whether it still is among "
        "the first three later",
    ),
    "ease": (
        "需要改动：{agencies}个部门、{bases}条依据、{handoffs}种交接",
        "to change: agencies {agencies}, rules {bases}, kinds of handoff {handoffs}",
    ),
    "ease-unknown": ("改动的难易不明", "how much has to change is not known"),
    "care": ("；注意：{what}", "; take care: {what}"),
    "refusals": ("可能以{count}种理由不予许可", "reasons for which it may refuse: {count}"),
    "objections": (
        "{share}的办件之后有异议或更正",
        "{share} of its cases had an objection or a correction",
    ),
    "deem": ("沉默视为答复", "its silence counts as an answer"),
    "lapse": ("沉默使申请失败", "its silence makes the application fail"),
    "refer": ("沉默后由他人决定", "after its silence another agency decides"),
    "nobody": ("不明", "not known"),
    "less-than-one": ("不到1", "less than 1"),
    "s-targets": ("全部对象", "All of them"),
    "s-steps": ("其中的环节", "The steps within"),
    "s-read": ("如何得出", "How this was found"),
    "c-target": ("对象", "what"),
    "c-hours": ("每月可减少（小时）", "removable hours a month"),
    "c-waits": ("次数", "waits"),
    "c-mean": ("平均", "mean"),
    "c-lasts": ("列前三的时段", "among the first three"),
    "c-chance": ("今后仍列前三", "chance later"),
    "c-things": ("需改动", "things to change"),
    "c-step": ("环节", "step"),
    "removable": (
        "可减少的时间：同一对象、同一环节的等待中，超出最短四分之一的部分，最多计到其中九成结束时。并"
        "行的环节缩短后，申请人得到的可能更少；实际收益须由试点说明。",
        "Removable is what waits for the same step at the same place took beyond the shortest "
        "quarter of them, up to when nine in ten were over. Where steps run at the same time, an "
        "applicant gains less: a pilot shows what is gained.",
    ),
    "chance-note": (
        "可能性只依据这份数据估计：一个时段的价值，是在其中开始的等待后来用了多久；因此太近的时段还不"
        "能评判。它不能预见新的法律。",
        "The chance is estimated from this log: what a target was worth in a window is what the "
        "waits that began in it took, so the latest windows cannot be judged yet. It does not "
        "foresee a new law.",
    ),
    "by-things": (
        "次序：每月可减少的时间乘以可能性，再除以需要改动的事项数。",
        "Order: removable hours a month times the chance, for each thing that has to change.",
    ),
    "by-expected": (
        "次序：每月可减少的时间乘以可能性；改动的难易不明，未计入。",
        "Order: removable hours a month times the chance; how much has to change is not known, and "
        "not in it.",
    ),
    "by-both": (
        "次序：每月可减少的时间乘以可能性；已知需改动的事项数时，再除以该数。",
        "Order: removable hours a month times the chance; for each thing that has to change, where "
        "that is known.",
    ),
    "who-unknown": (
        "另有每月{hours}小时，数据没有说明由谁持有。",
        "Of another {hours} hours a month the log does not say who had the case.",
    ),
    "applicants": (
        "另有每月{hours}小时，办件在申请人手中；申请人不参加排名，但索要的材料较少、说明较清楚，可使其缩短。",
        "For another {hours} hours a month the applicants had the case. They are not ranked; to ask "
        "them for less, and more clearly, may shorten it.",
    ),
    "left-out": (
        "未列入：全部环节由同一名经办人办理的{count}个部门；经办人不参加排名。",
        "Groups left out, since all their steps are one officer's and no officer is ranked: {count}.",
    ),
}  # fmt: skip


def told_ranking(found: Ranking, language: Language, naming: Naming | None = None) -> Told:
    """What to rebuild first, in a language."""
    return _Telling(found, Phrases(language, PHRASES), naming or AsWritten()).told()


class _Telling:
    def __init__(self, found: Ranking, say: Phrases, naming: Naming) -> None:
        self._found, self._say, self._naming = found, say, naming

    def told(self) -> Told:
        found, say = self._found, self._say
        since, until, as_of = (f"{at:%Y-%m-%d}" for at in (found.since, found.until, found.as_of))
        targets = found.targets
        return Told(
            title=say("title", name=self._naming.procedure(found.name)),
            subtitle=say(
                "subtitle",
                since=since,
                until=until,
                window=say.length(length(found.window)),
                windows=found.windows,
                as_of=as_of,
            ),
            findings=tuple(
                self._reason(place, each) for place, each in enumerate(targets[:SENTENCES], start=1)
            ),
            sections=tuple(section for section in self._sections() if section.rows or section.notes),
        )

    def _reason(self, place: int, target: Target) -> str:
        say, chance = self._say, target.chance
        if chance.value is None:
            lasts = say("lasts-unknown", windows=chance.of_windows)
        else:
            share = say.share(chance.value)
            lasts = say("lasts", among=chance.among_first, windows=chance.of_windows, chance=share)
        return say(
            "reason",
            place=place,
            name=self._name(target),
            hours=self._hours(target.hours_a_month),
            share=say.share(target.share),
            lasts=lasts,
            ease=self._ease(target.ease),
            risk=self._risk(target.risk),
        )

    def _name(self, target: Target) -> str:
        return " → ".join(self._one(each) for each in target.key)

    def _one(self, name: str) -> str:
        found = self._found
        steps = found.by == "step" or (found.by == "handoff" and found.between == "activities")
        return self._naming.step(name) if steps else self._naming.party(name)

    def _hours(self, hours: float) -> str:
        return self._say("less-than-one") if hours < LITTLE else f"{hours:,.0f}"

    def _ease(self, ease: Ease | None) -> str:
        return self._say("ease-unknown") if ease is None else self._say("ease", **ease.model_dump())

    def _risk(self, risk: Risk) -> str:
        told = self._say.all_of(list(self._risks(risk)))
        return self._say("care", what=told) if told else ""

    def _risks(self, risk: Risk) -> Iterator[str]:
        if risk.refusals:
            yield self._say("refusals", count=risk.refusals)
        for end in risk.binding or ():
            yield self._say(end)
        if risk.objections:
            yield self._say("objections", share=self._say.share(risk.objections))

    # --- tables -----------------------------------------------------------------------------------------

    def _sections(self) -> Iterator[Section]:
        say, targets = self._say, self._found.targets
        rows = [self._row(each) for each in targets[:LINES]]
        yield self._section(
            "targets", ("target", "hours", "waits", "mean", "lasts", "chance", "things"), rows
        )
        steps = [
            (self._name(target), self._naming.step(part.step), self._hours(part.hours_a_month))
            for target in targets[:LINES]
            for part in target.steps
        ]
        yield self._section("steps", ("target", "step", "hours"), steps)
        notes = [say("removable"), say("chance-note"), say(self._order())]
        if self._found.not_known >= LITTLE:
            notes.append(say("who-unknown", hours=self._hours(self._found.not_known)))
        if self._found.applicants >= LITTLE:
            notes.append(say("applicants", hours=self._hours(self._found.applicants)))
        if self._found.left_out:
            notes.append(say("left-out", count=self._found.left_out))
        yield Section("read", say("s-read"), (), (), tuple(notes))

    def _section(self, key: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Section:
        names = tuple(self._say(f"c-{name}") for name in header)
        return Section(key, self._say(f"s-{key}"), names, tuple(rows))

    def _row(self, target: Target) -> tuple[str, ...]:
        say, chance, ease = self._say, target.chance, target.ease
        return (
            self._name(target),
            self._hours(target.hours_a_month),
            f"{target.waits:,}",
            say.time(target.mean),
            f"{chance.among_first} / {chance.of_windows}",
            say("nobody") if chance.value is None else say.share(chance.value),
            say("nobody") if ease is None else f"{ease.things}",
        )

    def _order(self) -> str:
        known = [target.ease is not None for target in self._found.targets]
        return "by-things" if all(known) else "by-both" if any(known) else "by-expected"
