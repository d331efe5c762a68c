"""What would be, told to people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seamless.rebuild.learned.swapped import END, START
from seamless.rebuild.learned.whatif import Foreseen, Swapped
from seamless.rebuild.phrases import AsWritten, Language, Naming, Phrases
from seamless.rebuild.telling import Section, Told

PHRASES: Mapping[str, tuple[str, str]] = {
    # --- runs ---
    "runs-title": ("{name}：{activity}的集中办理", "{name}: the runs of {activity}"),
    "runs-subtitle": (
        "从{since}至{until}的{count}次集中办理学得",
        "learned from {count} runs, {since} to {until}",
    ),
    "by-age": (
        "{after}满{age}的办件，在其后第一次集中办理时办理。",
        "A case goes in the first run that is at least {age} after {after}.",
    ),
    "by-year": (
        "每次集中办理{after}不晚于约{turn}（此前最近、间隔足够的这一天）的办件；间隔从未见过时，按满{age}计。",
        "A run takes the cases of which {after} was by about {turn}, the latest such day that is long enough"
        " before the run; where it is as long before as was never seen, those at least {age} old.",
    ),
    "off": (
        "逐次留出一次来检验，截止日平均差{off}。",
        "Foretold from the other runs, the cutoff of a run was {off} off on average.",
    ),
    "off-unknown": (
        "只有一次集中办理可学，准确程度不明。",
        "There was only one run to learn from: how far this is off is not known.",
    ),
    "chances": (
        "首次够条件的办件有{first}当次办理，以后每次有{again}。",
        "Of the cases that are due for the first time {first} go, and of those that are due again {again}.",
    ),
    "stay": (
        "{cases}件中有{stay}件在这几次都不办理：不够条件，或另有了结。",
        "{stay} of {cases} cases go in none of these runs: they are not due, or are done with otherwise.",
    ),
    "s-runs": ("各次集中办理", "The runs"),
    "c-day": ("日期", "day"),
    "c-cutoff": ("截止日", "cutoff"),
    "c-foretold": ("预计办件", "cases foretold"),
    "c-days": ("距开始", "since their start"),
    "c-went": ("实际办件", "cases that went"),
    "runs-read": (
        "只读取各次之前的环节；数据之后才开始的办件没有计入。",
        "Only what was done before each run is read; cases that start after the log ends are not in it.",
    ),
    # --- a step with the times of others ---
    "swap-title": ("{name}：如果换一种用时", "{name}: with the times of other cases"),
    "swap-subtitle": (
        "{since}到{until}，看到{milestone}为止，每件最多计至{horizon}",
        "{since} to {until}, followed until {milestone}, each case counted up to {horizon}",
    ),
    "earlier": (
        "{milestone}平均会提前{gain}（{low}至{high}）：从开始起{swapped}，而不是{own}。",
        "{milestone} would come {gain} earlier on average ({low} to {high}): {swapped} after the start, not"
        " {own}.",
    ),
    "later": (
        "{milestone}平均会推迟{gain}（{low}至{high}）：从开始起{swapped}，而不是{own}。",
        "{milestone} would come {gain} later on average ({low} to {high}): {swapped} after the start, not"
        " {own}.",
    ),
    "same": (
        "{milestone}的时间看不出变化：{own}变为{swapped}，其差与零没有区别。",
        "{milestone} would not measurably move: {swapped} after the start instead of {own}, no different"
        " from it.",
    ),
    "step": (
        "这一段原来用{own_step}（{cases}件），另一组用{others_step}（{others}件）。",
        "That stretch took {own_step} ({cases} cases), and {others_step} for the others ({others} cases).",
    ),
    "others": (
        "另一组自己平均用{others_own}；与上面的差别来自其后的环节。",
        "The others themselves took {others_own} on average; what differs from the above is what follows.",
    ),
    "reached": (
        "平均值只计到期前到达的{reached}。",
        "The mean is of the {reached} that got there by then.",
    ),
    "assumes": (
        "前提：其后的环节无论何时开始，用时都与原来一样。遇到集中办理或固定日期时并非如此。",
        "This assumes that what follows takes as long as before, whenever it begins. Where it waits for a run"
        " or a fixed day, it does not.",
    ),
    "s-read": ("如何得出", "How this was found"),
    "start": ("开始", "the start"),
    "end": ("办结", "the end"),
    "nobody": ("不明", "not known"),
}  # fmt: skip


def told_runs(found: Foreseen, language: Language, naming: Naming | None = None) -> Told:
    """The runs that are foretold, in a language."""
    say, names = Phrases(language, PHRASES), naming or AsWritten()
    header = tuple(say(f"c-{name}") for name in ("day", "cutoff", "foretold", "days", "went"))
    rows = tuple(
        (
            f"{run.day}",
            f"{run.cutoff}",
            f"{run.foretold:,.0f}",
            say("nobody") if run.days is None else say.time(run.days),
            say("nobody") if run.went is None else f"{run.went:,}",
        )
        for run in found.runs
    )
    return Told(
        title=say("runs-title", name=names.procedure(found.name), activity=names.step(found.activity)),
        subtitle=say(
            "runs-subtitle", count=len(found.learned), since=found.learned[0], until=found.learned[-1]
        ),
        findings=tuple(_of_runs(found, say, names)),
        sections=(Section("runs", say("s-runs"), header, rows, (say("runs-read"),)),),
    )


def _of_runs(found: Foreseen, say: Phrases, names: Naming) -> Iterator[str]:
    after = names.step(found.after) if found.after else say("start")
    yield say(f"by-{found.by}", after=after, age=say.time(found.age), turn=found.turn)
    yield say("off-unknown") if found.off is None else say("off", off=say.time(found.off))
    yield say("chances", first=say.share(found.first), again=say.share(found.again))
    yield say("stay", stay=f"{found.stay:,.0f}", cases=f"{found.cases:,}")


def told_swap(found: Swapped, language: Language, naming: Naming | None = None) -> Told:
    """What would be with the times of other cases, in a language."""
    say, names = Phrases(language, PHRASES), naming or AsWritten()

    def step(name: str) -> str:
        return say(name) if name in (START, END) else names.step(name)

    return Told(
        title=say("swap-title", name=names.procedure(found.name)),
        subtitle=_sentence(
            say(
                "swap-subtitle",
                since=step(found.since),
                until=step(found.until),
                milestone=step(found.milestone),
                horizon=say.time(found.horizon),
            )
        ),
        findings=tuple(_of_swap(found, say, step(found.milestone))),
        sections=(
            Section("read", say("s-read"), (), (), (say("reached", reached=say.share(found.reached)),
                                                    say("assumes"))),
        ),
    )  # fmt: skip


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _of_swap(found: Swapped, say: Phrases, milestone: str) -> Iterator[str]:
    gain = found.gain
    key = "same" if gain.low <= 0 <= gain.high else "earlier" if gain.value < 0 else "later"
    least, most = sorted((abs(gain.low), abs(gain.high)))
    text = say(
        key,
        milestone=milestone,
        gain=say.time(abs(gain.value)),
        low=say.time(least),
        high=say.time(most),
        swapped=say.time(found.swapped),
        own=say.time(found.own),
    )
    yield _sentence(text)
    yield say(
        "step",
        own_step=say.time(found.own_step),
        cases=f"{found.cases:,}",
        others_step=say.time(found.others_step),
        others=f"{found.others:,}",
    )
    yield say("others", others_own=say.time(found.others_own))
