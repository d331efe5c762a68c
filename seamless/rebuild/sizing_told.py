"""How large a pilot has to be, told to people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seamless.rebuild.phrases import AsWritten, Language, Naming, Phrases
from seamless.rebuild.sizing import LONGEST, MOST, PILOTS, Design, Sized
from seamless.rebuild.telling import Section, Told

A_YEAR = 12
"""From so many months on, a time is told in years."""

PHRASES: Mapping[str, tuple[str, str]] = {
    "title": ("{name}：试点需要多大", "{name}: how large a pilot has to be"),
    "subtitle": (
        "要看出每件缩短{gain}；{share}的办件按新方式办理；真有此效果时看出的可能为{power}",
        "to see that each case gets {gain} shorter; {share} of the cases go the new way; chance to "
        "see it if it is so: {power}",
    ),
    "now": (
        "目前申请人平均等待{mean}（每件最多计至{horizon}），每月新收{arrivals}件；缩短{gain}后，平均"
        "缩短{effect}。",
        "An applicant waits {mean} on average (each case counted up to {horizon}), and {arrivals} "
        "cases arrive a month; if each gets {gain} shorter, the mean gets {effect} shorter.",
    ),
    "before-after": ("前后对比", "Before and after"),
    "individual": ("逐件随机", "Each case at random"),
    "blocks": ("每{block}件相继到达的为一组，随机一件", "One at random of {block} consecutive arrivals"),
    "pilot": (
        "由 seamless pilot 每天查看：每{block}件随机一件",
        "As seamless pilot decides, looking every day, one at random of {block}",
    ),
    "needs-pilot": (
        "{way}：{cases}件，{time}；届时从这份数据抽取的试点有{power}已有结论。",
        "{way}: {cases} cases, {time}; by then {power} of the pilots drawn from this log are decided.",
    ),
    "never-decided": (
        "{way}：看不出来，{most}件也不够。",
        "{way}: it cannot be seen, nor with {most} cases.",
    ),
    "needs": (
        "{way}：{cases}件，{time}（其中收件{intake}）。",
        "{way}: {cases} cases, {time} (of them {intake} until they have arrived).",
    ),
    "too-long": (
        "{way}：{cases}件，{time}。这样看不出来：试点等不了这么久。",
        "{way}: {cases} cases, {time}. It cannot be seen so: no pilot waits that long.",
    ),
    "never": (
        "{way}：看不出来。没有变化时，前后两段的平均值本来就相差很多；这份数据这样最多能看出缩短"
        "{smallest}。",
        "{way}: it cannot be seen. Where nothing changes, the means of two neighbouring windows "
        "differ by much; a gain of {smallest} is the least that this log shows so.",
    ),
    "never-known": (
        "{way}：不明。数据太短，看不出没有变化时前后会相差多少。",
        "{way}: not known. The log is too short to show by how much neighbouring windows differ "
        "where nothing changes.",
    ),
    "smaller": (
        "再大的效果才看得出来，或者再多的办件：请用更大的 --gain，或先改能缩短更多的环节（seamless "
        "rebuild rank）。",
        "Only a larger gain can be seen: try a larger --gain, and rebuild what promises more "
        "(seamless rebuild rank).",
    ),
    "months": ("{count}个月", "{count} months"),
    "years": ("{count}年", "{count} years"),
    "s-designs": ("各种设计", "The designs"),
    "s-read": ("如何得出", "How this was found"),
    "c-design": ("设计", "design"),
    "c-cases": ("办件", "cases"),
    "c-intake": ("收件", "until arrived"),
    "c-months": ("到有结论", "until known"),
    "c-seen": ("能否看出", "can be seen"),
    "yes": ("能", "yes"),
    "no": ("不能", "no"),
    "nobody": ("不明", "not known"),
    "formula": (
        "“能看出”：在只有5%误判的检验下；时间计到最后一件满{horizon}为止；超过{longest}个月的试点视"
        "为等不到。",
        "Seen: by a test with 5 % of false findings; the time goes until the last case was seen for "
        "{horizon}; more than {longest} months is too long for a pilot.",
    ),
    "looks": (
        "seamless pilot 的数字来自从这份数据抽取的{pilots}个试点：差别明显时，它可以提前结束。",
        "The figure of seamless pilot is from {pilots} pilots drawn from this log; where the gain is "
        "larger, it ends earlier.",
    ),
    "alike": (
        "同一组办件的时间相关系数为{alike}：相邻的办件越相似，分组越省办件。",
        "The times of cases in a block correlate by {alike}: the more alike neighbours are, the "
        "fewer cases blocks need.",
    ),
    "drift": (
        "前后对比的数字来自这份数据本身：没有变化时，相邻两段平均值相差多少。",
        "The figure of before and after is from the log itself: by how much the means of "
        "neighbouring windows differ where nothing changes.",
    ),
}  # fmt: skip


def told_size(found: Sized, language: Language, naming: Naming | None = None) -> Told:
    """How large a pilot has to be, in a language."""
    return _Telling(found, Phrases(language, PHRASES), naming or AsWritten()).told()


class _Telling:
    def __init__(self, found: Sized, say: Phrases, naming: Naming) -> None:
        self._found, self._say, self._naming = found, say, naming

    def told(self) -> Told:
        found, say = self._found, self._say
        return Told(
            title=say("title", name=self._naming.procedure(found.name)),
            subtitle=say(
                "subtitle",
                gain=say.share(found.gain),
                share=say.share(found.share),
                power=say.share(found.power),
            ),
            findings=tuple(self._findings()),
            sections=(self._designs(), Section("read", say("s-read"), (), (), tuple(self._notes()))),
        )

    def _findings(self) -> Iterator[str]:
        say, found = self._say, self._found
        yield say(
            "now",
            mean=say.time(found.whole.mean.value),
            horizon=say.time(found.horizon),
            arrivals=f"{found.arrivals:,.1f}",
            gain=say.share(found.gain),
            effect=say.share(found.effect),
        )
        yield from (self._needs(each) for each in found.designs)
        if not any(each.seen for each in found.designs):
            yield say("smaller")

    def _way(self, design: Design) -> str:
        return self._say(design.way, block=design.block)

    def _needs(self, design: Design) -> str:
        say, way = self._say, self._way(design)
        if design.way == "pilot" and design.cases is None:
            return say("never-decided", way=way, most=f"{MOST:,}")
        if design.cases is None or design.intake is None or design.months is None:
            if design.smallest is None:
                return say("never-known", way=way)
            return say("never", way=way, smallest=say.share(design.smallest))
        time, intake = self._time(design.months), self._time(design.intake)
        key = "too-long" if not design.seen else "needs-pilot" if design.way == "pilot" else "needs"
        power = say.share(self._found.power)
        return say(key, way=way, cases=f"{design.cases:,}", time=time, intake=intake, power=power)

    def _time(self, months: float) -> str:
        if months >= 2 * A_YEAR:
            years = months / A_YEAR
            return self._say("years", count=f"{years:,.0f}" if years >= 9.95 else f"{years:.1f}")
        return self._say("months", count=f"{months:.0f}" if months >= 9.95 else f"{months:.1f}")

    def _designs(self) -> Section:
        say = self._say
        header = tuple(say(f"c-{name}") for name in ("design", "cases", "intake", "months", "seen"))
        rows = tuple(
            (
                self._way(each),
                say("nobody") if each.cases is None else f"{each.cases:,}",
                say("nobody") if each.intake is None else self._time(each.intake),
                say("nobody") if each.months is None else self._time(each.months),
                say("yes" if each.seen else "no"),
            )
            for each in self._found.designs
        )
        return Section("designs", say("s-designs"), header, rows)

    def _notes(self) -> Iterator[str]:
        say, found = self._say, self._found
        yield say("formula", horizon=say.time(found.horizon), longest=f"{LONGEST:g}")
        yield say("looks", pilots=PILOTS)
        yield say("drift")
        yield say("alike", alike=f"{found.alike:.2f}")
