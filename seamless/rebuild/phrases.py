"""What is said of a procedure, in Chinese and in English, and how times and shares are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from seamless.rebuild.figures import Change, Interval
from seamless.rebuild.windows import Length

Language = Literal["en", "zh"]

UNITS: Mapping[str, tuple[str, str]] = {
    "d": ("天", "day"),
    "w": ("周", "week"),
    "m": ("个月", "month"),
    "y": ("年", "year"),
}

PHRASES: Mapping[str, tuple[str, str]] = {
    # --- the first page ---
    "title": ("{name}：办理情况", "{name}: how it goes"),
    "subtitle": (
        "{since}至{until}期间开始的{cases}件，数据截至{as_of}",
        "{cases} cases that started from {since} to {until}, as of {as_of}",
    ),
    "whole": (
        "申请人平均等待{mean}（{low}至{high}），每件最多计至{horizon}。",
        "An applicant waits {mean} on average ({low} to {high}), each case counted up to {horizon}.",
    ),
    "spread": (
        "半数在{median}内办结，九成在{ninth}内办结。",
        "Half are done within {median}, nine in ten within {ninth}.",
    ),
    "spread-half": (
        "半数在{median}内办结；超过一成的办件更久，数据中看不到何时办结。",
        "Half are done within {median}; more than one in ten take longer than can be seen.",
    ),
    "spread-none": ("不到半数已办结。", "Less than half are done."),
    "open": (
        "{cases}件中有{open}件尚未办结，已计入；只看已办结的，平均为{finished}。",
        "{open} of {cases} cases are open, and counted; the finished ones alone average {finished}.",
    ),
    "all-done": ("{cases}件全部办结。", "All {cases} cases are finished."),
    "whole-unknown": (
        "数据没有说明办件何时办结，申请人的总时间不明；下列时间只到最后一个有记录的环节。",
        "The log does not say when a case ends, so the applicant's whole time is not known; times below go to"
        " the last recorded step only.",
    ),
    "recorded-change": (
        "有记录的环节：后一半办件比前一半{change}。",
        "The recorded steps: {change} in the second half of the cases than in the first.",
    ),
    "whole-change": (
        "申请人的总时间：后一半比前一半{change}。",
        "The applicant's whole time: {change} in the second half than in the first.",
    ),
    "whole-same": (
        "申请人的总时间没有可测的变化：{change}，与零没有区别。",
        "The applicant's whole time did not measurably change: {change}, no different from 0.",
    ),
    "recorded-same": (
        "有记录的环节没有可测的变化：{change}，与零没有区别。",
        "The recorded steps did not measurably change: {change}, no different from 0.",
    ),
    "deceived": (
        "只看环节会以为有了改善；申请人并没有感到。",
        "Whoever looks at the steps alone sees an improvement that applicants do not have.",
    ),
    "less": ("短{value}（短{low}至{high}）", "{value} shorter ({low} to {high} shorter)"),
    "more": ("长{value}（长{low}至{high}）", "{value} longer ({low} to {high} longer)"),
    "less-or-more": (
        "{value}（短{low}至长{high}）",
        "{value} ({low} shorter to {high} longer)",
    ),
    "shorter": ("短{value}", "{value} shorter"),
    "longer": ("长{value}", "{value} longer"),
    "covered": (
        "有记录的环节只占总时间的{recorded}；{before}在第一个环节完成之前，{after}在最后一个环节之后。",
        "The recorded steps cover {recorded} of the whole time; {before} passes before the first of them is "
        "done, {after} after the last.",
    ),
    "covered-alone": (
        "有记录的环节占总时间的{recorded}；在其之前和之后没有已知的时间。",
        "The recorded steps cover {recorded} of the whole time; none is known before or after them.",
    ),
    "covered-since": (
        "另有{since}是未办结的办件自最近一个环节以来的等待。",
        "Another {since} is open cases waiting since their latest step.",
    ),
    "held": ("持有时间最长的是{who}：占{share}。", "{who} had the cases longest: {share} of the time."),
    "held-unknown": (
        "{share}的时间数据没有说明由谁持有。",
        "Of {share} of the time the log does not say who had the case.",
    ),
    "officers": (
        "全部环节由同一名经办人完成的办件：{before} → {after}。",
        "Cases in which one officer took all steps: {before} → {after}.",
    ),
    "batch": (
        "“{activity}”集中办理：{cases}次中的八成集中在{of_days}天中的{days}天，为此等待占总时间的{share}。",
        "“{activity}” comes in batches: four in five of {cases} on {days} of {of_days} days; waiting for such"
        " a day is {share} of the whole time.",
    ),
    "by-law": (
        "在法定期限内：{share}（按期{in_time}件，逾期办结{late}件，逾期未结{overdue}件）。",
        "Within the limit of the law: {share} ({in_time} in time, {late} late, {overdue} open and overdue).",
    ),
    "by-promise": (
        "在承诺期限内：{share}（按期{in_time}件，逾期办结{late}件，逾期未结{overdue}件）。",
        "Within the promised limit: {share} ({in_time} in time, {late} late, {overdue} open and overdue).",
    ),
    "silence": (
        "因无人答复而视为已答复的环节：{of_steps}个中有{steps}个{outcomes}。",
        "Silence counted as an answer in {steps} of {of_steps} steps{outcomes}.",
    ),
    "silent-cases": (
        "因逾期由法律直接决定的办件：{cases}件。",
        "Decided by the law, since nobody had: {cases} cases.",
    ),
    "unknown": ("数据没有记录、因此不明：{what}。", "Not known, since the log does not tell it: {what}."),
    "halves-note": (
        "这里说的是变化，不是原因：季节不同、申请人不同，看上去也是这样。",
        "This says what changed, not why: another season or other applicants look the same.",
    ),
    "association": (
        "此处只说明什么与时间长短相伴，不说明因果。",
        "This says what goes with a long or short time, not what causes it.",
    ),
    # --- sections and columns ---
    "s-halves": ("前一半与后一半", "The halves of the log"),
    "s-phases": ("时间用在哪里", "Where the time goes"),
    "s-holders": ("由谁持有", "Who had the cases"),
    "s-handoffs": ("交接", "Handoffs"),
    "s-rework": ("重复办理", "Steps taken again"),
    "s-batches": ("集中办理", "Batches"),
    "s-in-time": ("是否按期", "In time"),
    "s-counts": ("每件情况", "Of each case"),
    "s-explained": ("时间长短与什么相伴", "What goes with the time"),
    "s-months": ("按开始月份", "By the month of the start"),
    "s-read": ("数据如何读取", "How it was read"),
    "s-agency": ("按部门", "By agency"),
    "s-step": ("按环节", "By step"),
    "s-handoff": ("按交接", "By handoff"),
    "s-variant": ("按办理方式", "By variant"),
    "s-month": ("按开始月份", "By the month of the start"),
    "s-curve": ("多少办件等待更久", "How many wait longer"),
    "c-part": ("部分", "part"),
    "c-period": ("期间", "started"),
    "c-cases": ("办件", "cases"),
    "c-count": ("次数", "times"),
    "c-open": ("未结", "open"),
    "c-whole": ("总时间", "whole time"),
    "c-recorded": ("有记录的环节", "recorded steps"),
    "c-one-officer": ("同一经办人", "one officer"),
    "c-days": ("每件", "per case"),
    "c-share": ("占总时间", "of the whole"),
    "c-from": ("从", "from"),
    "c-to": ("到", "to"),
    "c-median": ("中位数", "median"),
    "c-mean": ("平均（95%区间）", "mean (95 % interval)"),
    "c-step": ("环节", "step"),
    "c-days-used": ("集中的天数", "days"),
    "c-waiting": ("为此等待", "waiting"),
    "c-in-time": ("按期", "in time"),
    "c-late": ("逾期", "late"),
    "c-overdue": ("逾期未结", "overdue, open"),
    "c-what": ("项目", "what"),
    "c-mean-plain": ("平均", "mean"),
    "c-any": ("有的占", "with any"),
    "c-explained": ("可解释的差异（95%区间）", "variance (95 % interval)"),
    "c-kinds": ("类别数", "kinds"),
    "first": ("前一半", "first half"),
    "second": ("后一半", "second half"),
    "change": ("变化", "change"),
    # --- values ---
    "before": ("第一个环节完成之前", "before the first recorded step"),
    "recorded": ("有记录的环节之间", "from the first to the last recorded step"),
    "after": ("最后一个环节之后", "after the last recorded step"),
    "since": ("未办结：自最近一个环节以来", "open: since the latest step"),
    "nobody": ("不明", "not known"),
    "law": ("法定期限", "limit of the law"),
    "promise": ("承诺期限", "promised limit"),
    "steps-in-time": ("各环节的期限", "limits of the steps"),
    "per-case": ("每件交接次数：{value}（{low}至{high}）", "Handoffs per case: {value} ({low} to {high})"),
    "ping-pong": ("交出后又直接返回的办件：{value}", "Cases that went straight back: {value}"),
    "rework": ("有环节重复办理的办件：{value}", "Cases in which a step was taken again: {value}"),
    "working": (
        "办理时间占环节时间的{value}（{low}至{high}），依据{count}个环节",
        "Work is {value} of the time of steps ({low} to {high}), by {count} of them",
    ),
    "between-activities": (
        "数据没有说明由谁办理，因此比较的是环节。",
        "The log does not say who had a step, so steps are compared.",
    ),
    "supplements": ("补正次数", "supplements asked"),
    "materials": ("提交材料", "materials handed in"),
    "visits": ("跑动次数", "visits"),
    "objections": ("后续的异议和更正", "objections and corrections"),
    "satisfaction": ("满意度（1至5）", "satisfaction (1 to 5)"),
    "cost": ("费用", "cost"),
    "handoffs": ("交接次数", "number of handoffs"),
    "steps": ("环节数", "number of steps"),
    "one-officer": ("同一经办人完成全部环节", "one officer took all steps"),
    "rework-name": ("是否重复办理", "whether a step was taken again"),
    "variant": ("办理方式", "variant"),
    "law-version": ("法律版本", "law version"),
    "channel": ("受理渠道", "channel"),
    "month": ("开始月份", "month of the start"),
    "year": ("开始年份", "year of the start"),
    "in-course": ("（办理过程中才知道）", " (known only in its course)"),
    "whole-time": ("申请人的总时间", "the applicant's whole time"),
    "who-held": ("由谁持有", "who had a case"),
    "working-time": ("办理与等待各占多少", "working time against waiting time"),
    "limit-by-law": ("法定期限", "the limit of the law"),
    "limit-promised": ("承诺期限", "the promised limit"),
    "silence-name": ("沉默的后果", "what silence brought about"),
    "ends-recorded": ("办结时间：数据有记录", "ends of cases: as recorded"),
    "ends-stated": ("办结：以{what}结束时", "ends of cases: with {what}, as stated"),
    "ends-assumed": (
        "办结：以{what}结束时（推定，因为它们通常是最后一步；可用 --end 指定）",
        "ends of cases: with {what} (assumed, since they usually are last; say otherwise with --end)",
    ),
    "ends-unknown": ("办结时间：不明（可用 --end 指定）", "ends of cases: not known (say it with --end)"),
    "column": ("{field}：{column} 列", "{field}: column {column}"),
    "ends-before-it-starts": (
        "办结早于开始而未计入的办件：{count}",
        "cases left out, since they end before they start: {count}",
    ),
    "other-lifecycle": (
        "未采用的生命周期行：{count}",
        "rows of other lifecycle transitions, not read: {count}",
    ),
    "by-day": ("数据只有日期，没有时刻", "the log has days and no times of day"),
    "horizon": ("每件最多计至{horizon}", "each case is counted up to {horizon}"),
    "up-to": ("，计至{horizon}", ", up to {horizon}"),
    "counted-open": (
        "未办结的按已等待的时间计入（Kaplan–Meier）",
        "open cases count with what they have waited (Kaplan–Meier)",
    ),
}  # fmt: skip


class Naming(Protocol):
    """What people call the parties and the steps of a procedure."""

    def party(self, party: str) -> str:
        """An agency, a desk, an applicant."""

    def step(self, step: str) -> str:
        """A step."""

    def outcome(self, code: str) -> str:
        """How a step ended."""

    def procedure(self, name: str) -> str:
        """The procedure, or the file."""


class AsWritten:
    """The names of a log, as it has them."""

    def party(self, party: str) -> str:
        """As written."""
        return party

    def step(self, step: str) -> str:
        """As written."""
        return step

    def outcome(self, code: str) -> str:
        """As written."""
        return code

    def procedure(self, name: str) -> str:
        """As written."""
        return name


class Phrases:
    """Phrases, times and shares in one language.

    Args:
        phrases: what is said, each in Chinese and in English.
    """

    def __init__(self, language: Language, phrases: Mapping[str, tuple[str, str]] = PHRASES) -> None:
        self.language, self._phrases = language, phrases

    def __call__(self, key: str, **values: object) -> str:
        """A phrase."""
        chinese, english = self._phrases[key]
        return (chinese if self.language == "zh" else english).format(**values)

    @property
    def gap(self) -> str:
        """What stands between two sentences."""
        return "" if self.language == "zh" else " "

    def all_of(self, texts: list[str]) -> str:
        """Several things."""
        return ("、" if self.language == "zh" else ", ").join(texts)

    def time(self, days: float) -> str:
        """A time: in days, or in hours, minutes or seconds where it is short."""
        units = (("天", "day"), ("小时", "hour"), ("分钟", "minute"), ("秒", "second"))
        per_day = (1, 24, 1440, 86400)
        unit = next((at for at, each in enumerate(per_day) if days * each >= 1), 0)
        number = days * per_day[unit]
        text = f"{number:,.0f}" if number >= 100 or number == round(number) else f"{number:.1f}"
        chinese, english = units[unit]
        return (
            f"{text}{chinese}" if self.language == "zh" else f"{text} {english}{'' if text == '1' else 's'}"
        )

    def length(self, length: Length) -> str:
        """How long a window is: two months."""
        chinese, english = UNITS[length.unit]
        plural = "" if length.number == 1 else "s"
        return f"{length.number}{chinese}" if self.language == "zh" else f"{length.number} {english}{plural}"

    def share(self, value: float) -> str:
        """A share, or how much more or less."""
        percent = abs(value) * 100
        if 0 < percent < 0.05:
            return "<0.1%" if self.language == "zh" else "<0.1 %"
        text = f"{percent:.0f}" if percent >= 9.95 or percent == 0 else f"{percent:.1f}"
        return text + ("%" if self.language == "zh" else " %")

    def between(self, interval: Interval, *, times: bool) -> str:
        """A value and its interval."""
        write = self.time if times else self.share
        low, high = write(interval.low), write(interval.high)
        joined = f"{low}至{high}" if self.language == "zh" else f"{low} to {high}"
        return (
            f"{write(interval.value)}（{joined}）"
            if self.language == "zh"
            else f"{write(interval.value)} ({joined})"
        )

    def change(self, change: Change) -> str:
        """By how much shorter or longer."""
        low, high = self.share(change.low), self.share(change.high)
        if change.high < 0:
            return self("less", value=self.share(change.value), low=high, high=low)
        if change.low > 0:
            return self("more", value=self.share(change.value), low=low, high=high)
        value = self("shorter" if change.value < 0 else "longer", value=self.share(change.value))
        return self("less-or-more", value=value, low=low, high=high)
