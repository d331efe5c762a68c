"""Two periods compared, told to people, with what the difference is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seamless.rebuild.figures import Duration
from seamless.rebuild.phrases import AsWritten, Language, Naming, Phrases
from seamless.rebuild.placebo import APART, Compared, Placebo
from seamless.rebuild.telling import Section, Told

PHRASES: Mapping[str, tuple[str, str]] = {
    "title": ("{name}：{at}前后", "{name}: before and after {at}"),
    "subtitle": (
        "{since}至{at}与{at}至{until}期间开始的办件，数据截至{as_of}",
        "cases that started from {since} to {at}, and from {at} to {until}, as of {as_of}",
    ),
    "differs": (
        "申请人平均等待由{before}变为{after}，即{change}（每件最多计至{horizon}，未办结的已计入）。",
        "An applicant waited {before} on average before, and {after} after: {change} (each case "
        "counted up to {horizon}, open ones included).",
    ),
    "shorter": ("短{value}", "{value} shorter"),
    "longer": ("长{value}", "{value} longer"),
    "as-large": (
        "在这份数据中没有已知变化的{pairs}处，有{as_large}处出现至少这么大的差别；其中{apart}处互不共"
        "用办件。",
        "Of {pairs} other places of this log, where nothing is known to have changed, {as_large} "
        "show a difference at least so large; {apart} of the places share no case.",
    ),
    "seldom": (
        "这样的差别在没有变化时很少见（至多{chance}）。它说明情况变了，不说明原因。",
        "Where nothing changes, such a difference is seldom ({chance} at most). It says that "
        "something changed, not why.",
    ),
    "largest": (
        "没有一处的差别这么大；但互不共用办件的地方太少，只能说其可能不超过{chance}，还不足以说少见。",
        "Nowhere is it so large; but too few places share no case to call it seldom: all that can be "
        "said is that its chance is at most {chance}.",
    ),
    "usual": (
        "没有变化时也常见这样的差别（{chance}）：它不是改变的证据。",
        "Such a difference is usual here where nothing changes ({chance}): it is no evidence of a "
        "change.",
    ),
    "not-known": (
        "没有变化时多久出现一次这样的差别，不明：互不共用办件的地方只有{apart}处，至少需要{needed}处"
        "。请用更短的 --window，或更长的数据。",
        "How often such a difference appears where nothing changes is not known: {apart} places "
        "share no case, and {needed} are the fewest. Give a shorter --window, or a longer log.",
    ),
    "deceives": (
        "通常的检验（95%区间{low}至{high}）在此说{says}；但在没有变化的{pairs}处中，它把{share}说成“"
        "显著”。不要依据它。",
        "The ordinary test says here: {says} (95 % from {low} to {high}). But it calls {share} of "
        "the {pairs} places significant, where nothing changed: do not rely on it.",
    ),
    "deceives-unseen": (
        "通常的检验在此说{says}（95%区间{low}至{high}）。它把办件当作互不相关，因此也会把没有变化说成"
        "“显著”。不要依据它。",
        "The ordinary test says here: {says} (95 % from {low} to {high}). It takes cases for "
        "independent of one another, so it calls differences significant where nothing changed: do "
        "not rely on it.",
    ),
    "significant": ("“显著”", "significant"),
    "not-significant": ("“不显著”", "not significant"),
    "s-periods": ("两个时期", "The two periods"),
    "s-read": ("如何得出", "How this was found"),
    "c-part": ("部分", "part"),
    "c-cases": ("办件", "cases"),
    "c-open": ("未结", "open"),
    "c-mean": ("平均（95%区间）", "mean (95 % interval)"),
    "c-longer": ("超过{horizon}", "longer than {horizon}"),
    "before": ("之前", "before"),
    "after": ("之后", "after"),
    "band": (
        "在没有已知变化的地方，95%的差别在{low}与{high}之间。",
        "Where nothing is known to have changed, 95 % of the differences lie from {low} to {high}.",
    ),
    "places": (
        "比较用的各处：同样长的两个相邻时段，沿数据每次移动其长度的十二分之一，不含{at}前后重叠的；看"
        "到的时间不长于这两个时期。",
        "The places: two neighbouring windows of the same length, moved along the log by a twelfth "
        "of it each time, but for those that hold {at}; seen for no longer than these two periods "
        "were.",
    ),
    "assumed": (
        "如果这份数据中还有别的改变，这些地方也含有它，少见的差别会显得常见。",
        "If something else changed in this log, the places hold it, too, and a seldom difference "
        "looks usual.",
    ),
}  # fmt: skip


def told_compared(found: Compared, language: Language, naming: Naming | None = None) -> Told:
    """Two periods and what their difference is worth, in a language."""
    return _Telling(found, Phrases(language, PHRASES), naming or AsWritten()).told()


class _Telling:
    def __init__(self, found: Compared, say: Phrases, naming: Naming) -> None:
        self._found, self._say, self._naming = found, say, naming
        self._at = f"{found.at:%Y-%m-%d}"

    def told(self) -> Told:
        found, say = self._found, self._say
        since, until, as_of = (f"{at:%Y-%m-%d}" for at in (found.since, found.until, found.as_of))
        return Told(
            title=say("title", name=self._naming.procedure(found.name), at=self._at),
            subtitle=say("subtitle", since=since, at=self._at, until=until, as_of=as_of),
            findings=tuple(self._findings()),
            sections=(self._periods(), Section("read", say("s-read"), (), (), tuple(self._notes()))),
        )

    def _findings(self) -> Iterator[str]:
        say, found, placebo = self._say, self._found, self._found.placebo
        before, after = (say.time(each.mean.value) for each in (found.before, found.after))
        horizon = say.time(found.horizon)
        yield say(
            "differs",
            before=before,
            after=after,
            change=self._signed(found.change.value),
            horizon=horizon,
        )
        yield say.gap.join(self._worth(placebo))
        says = say("significant" if found.change.differs else "not-significant")
        low, high = self._signed(found.change.low), self._signed(found.change.high)
        if placebo is None:
            yield say("deceives-unseen", says=says, low=low, high=high)
        else:
            share = say.share(placebo.significant)
            yield say("deceives", says=says, low=low, high=high, share=share, pairs=placebo.pairs)

    def _worth(self, placebo: Placebo | None) -> Iterator[str]:
        say, verdict = self._say, self._found.verdict
        if placebo is not None and verdict != "not-known":
            yield say("as-large", pairs=placebo.pairs, as_large=placebo.as_large, apart=placebo.apart)
            yield say(verdict, chance=say.share(placebo.chance))
        else:
            yield say("not-known", apart=placebo.apart if placebo else 0, needed=APART)

    def _signed(self, value: float) -> str:
        return self._say("shorter" if value < 0 else "longer", value=self._say.share(value))

    def _periods(self) -> Section:
        say, found = self._say, self._found
        header = tuple(say(f"c-{name}") for name in ("part", "cases", "open", "mean"))
        longer = say("c-longer", horizon=say.time(found.horizon))
        rows = (self._row("before", found.before), self._row("after", found.after))
        return Section("periods", say("s-periods"), (*header, longer), rows)

    def _row(self, name: str, took: Duration) -> tuple[str, ...]:
        say = self._say
        mean = say.between(took.mean, times=True)
        return (say(name), f"{took.count:,}", f"{took.open:,}", mean, say.share(took.longer))

    def _notes(self) -> Iterator[str]:
        say, placebo = self._say, self._found.placebo
        if placebo is not None:
            yield say("band", low=self._signed(placebo.low), high=self._signed(placebo.high))
        yield say("places", at=self._at)
        yield say("assumed")
