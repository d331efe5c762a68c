"""What a drawing says, in Chinese or in English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from contracts.terms.clock_rules import PenaltyPayment, TacitGrant, TacitRefusal
from contracts.terms.directory import Directory
from contracts.terms.identifiers import STANDARD, Party
from contracts.terms.limits import Limit, Unit
from contracts.terms.requests import Deem, Lapse, Refer
from seamless.explore.drawing.model import Box, Drawing, Edge, Silent
from seamless.explore.limits import days_of

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_UNITS = {
    "working-days": ("{}个工作日", "working day"),
    "days": ("{}日", "day"),
    "weeks": ("{}周", "week"),
    "months": ("{}个月", "month"),
    "hours": ("{}小时", "hour"),
}
_WORDS = {
    "application": ("申请", "Application"),
    "applicant": ("申请人", "Applicant"),
    "platform": ("平台", "Platform"),
    "system": ("系统", "System"),
    "decisions": ("决定", "Decision"),
    "collect": ("缴费", "Pay the fee"),
    "supplement": ("补正材料", "Supplement"),
    "wait": ("等待：{}", "Wait for: {}"),
    "wait-for-one": ("等待以下{}项之一", "Wait for one of {}"),
    "law": ("法定时限届满（{}）", "The law's limit is over ({})"),
    "granted": ("准予", "Granted"),
    "refused": ("不予许可", "Refused"),
    "ended": ("终结", "Ended"),
    "withdrawn": ("撤回", "Withdrawn"),
    "closed": ("办结", "Closed"),
    "together": ("同时进行", "at the same time"),
    "instead": ("代替{}", "in place of {}"),
    "silence": ("逾期：{}", "silence: {}"),
    "deemed": ("视为{}", "{}"),
    "lapsed": ("不予许可", "it fails"),
    "referred": ("由{}代办", "{} answers instead"),
    "over": ("逾期", "silence"),
    "silent": ("逾期视为{}", "silence: {}"),
    "one": ("任一：{}", "any: {}"),
    "all": ("全部：{}", "all: {}"),
    "more": ("等{}项", "{} more"),
    "join": ("、", ", "),
    "law-version": ("依据版本 {}：{}", "law version {}: {}"),
    "statutory": ("法定时限 {}", "statutory {}"),
    "promised": ("承诺时限 {}", "promised {}"),
    "in-time": ("各部门按期办理最长 {}", "at most {} with each agency in time"),
    "with-silence": ("各部门均逾期最长 {}", "at most {} where they stay silent"),
    "longest-in-time": ("最长路径（各部门按期办理）", "the longest path, with each agency in time"),
    "longest-with-silence": ("最长路径（各部门均逾期）", "the longest path, with every agency silent"),
    "dotted": ("逾期的后果", "what follows from silence"),
    "grace": (
        "期限 + 宽限期，告知上级或牵头部门之后",
        "10 + 3: the limit, and what is added once others are told",
    ),
    "back": ("返回", "back to an earlier step"),
    "withdrawable": ("决定作出前，申请人可以撤回申请。", "The applicant can withdraw until it is decided."),
    "tacit-grant": (
        "逾期未作决定的，依法视为准予（{}）。",
        "Where there is no decision within the law's limit, it is granted by law ({}).",
    ),
    "tacit-refusal": (
        "逾期未作决定的，依法视为不予许可（{}）。",
        "Where there is no decision within the law's limit, it is refused by law ({}).",
    ),
    "penalty": (
        "逾期未作决定的，经催告，行政机关按日支付逾期金（{}）。",
        "Where there is no decision within the law's limit, the authority owes a penalty payment for each "
        "day after notice of default ({}).",
    ),
    "left": (
        "有{}个状态未推演，可能有遗漏。",
        "{} states were not explored, so that something may be missing.",
    ),
    "course": ("流程图：{}。步骤依次为：{}。", "The course of: {}. Its steps, in order: {}."),
}
_OUTCOMES = {
    "paid": ("已缴费", "paid"),
    "handed-in": ("已补正", "handed in"),
    "complete": ("齐全", "complete"),
    "incomplete": ("不齐全", "incomplete"),
    "approved": ("同意", "approved"),
    "refused": ("不同意", "refused"),
    "issued": ("已制发", "issued"),
    "outstanding": ("尚未办理", "outstanding"),
    "broken-off": ("终止", "broken off"),
}
"""The outcomes that are the platform's own, and not a procedure's."""

MOST_NAMED = 4


@dataclass(frozen=True)
class Words:
    """The words of a drawing in a language. What the catalogue and the directory do not name is told by its
    code."""

    drawing: Drawing
    directory: Directory
    language: Language

    def word(self, code: str, *values: object) -> str:
        """A word of the platform's."""
        return _WORDS[code][LANGUAGES.index(self.language)].format(*values)

    @property
    def name(self) -> str:
        """What the procedure is called; and its variant, if it is not the usual one."""
        name = self.drawing.item.name.text(self.language)
        variant = self.drawing.variant
        return name if variant == STANDARD else f"{name} — {variant}"

    def lane(self, party: Party | None) -> str:
        """What whoever has a step is called."""
        if party is None:
            return self.word("decisions")
        if party.kind == "third-party" and party.id in self.drawing.item.third_parties:
            return self.drawing.item.third_parties[party.id].text(self.language)
        named = self.directory.name_of(party)
        if named is not None:
            return named.text(self.language)
        return self.word(party) if party in _WORDS else party.id or str(party)

    def limit(self, limit: Limit) -> str:
        """A limit: ``10 working days``."""
        return self.count(str(limit.count), limit.unit)

    def count(self, number: str, unit: Unit) -> str:
        """So many of a unit."""
        chinese, english = _UNITS[unit]
        if self.language == "zh":
            return chinese.format(number)
        return f"{number} {english}" + ("" if number == "1" else "s")

    def days(self, days: Fraction) -> str:
        """Days of the calendar, in the unit of the law's limit."""
        statutory = self.drawing.law.statutory
        count = float(days / days_of(statutory) * statutory.count)
        return self.count(f"{count:.1f}".removesuffix(".0"), statutory.unit)

    # --- boxes ---------------------------------------------------------------------------------------------

    def title(self, box: Box) -> str:
        """What a box is called."""
        match box.kind:
            case "start":
                return self._titled("application") or self.word("application")
            case "request" | "hand-over":
                return self._titled(box.name) or _spaced(box.name)
            case "wait" if len(box.wants) > 1:
                return self.word("wait-for-one", len(box.wants))
            case "wait":
                return self.word("wait", *self._wanted(box))
            case "law":
                return self.word("law", self.limit(self.drawing.law.statutory))
            case "decision" if box.results:
                results = [self.outcome(each) for each in box.results[:MOST_NAMED]]
                return f"{self.word(box.name)}: {self.word('join').join(results)}"
        return self.word(box.name) if box.name in _WORDS else _spaced(box.name)

    def whole_title(self, box: Box) -> str:
        """What it is called where its agency is not seen: with the one in whose place it answers."""
        if box.instead_of is None:
            return self.title(box)
        return f"{self.title(box)} ({self.word('instead', self.lane(box.instead_of))})"

    def _wanted(self, box: Box) -> list[str]:
        wanted = [each.removeprefix("reported:") for each in box.wants]
        told = [self._titled(each) or self._of_ours(each) or each for each in wanted]
        return told or [_spaced(box.name.removeprefix("wait-for-"))]

    def _titled(self, code: str) -> str | None:
        title = self.drawing.item.titles.get(code)
        return title.text(self.language) if title else None

    def _of_ours(self, code: str) -> str | None:
        return _OUTCOMES[code][LANGUAGES.index(self.language)] if code in _OUTCOMES else None

    def details(self, box: Box) -> Iterator[str]:
        """What is below its title: what is waited for, in whose place, and within which limit."""
        if len(box.wants) > 1 and box.kind == "wait":
            yield self.word("join").join(self._wanted(box))
        if box.instead_of is not None:
            yield self.word("instead", self.lane(box.instead_of))
        if box.limit is not None and box.kind not in ("law", "decision"):
            yield self._limits(box.limit, *box.graces)

    def _limits(self, *limits: Limit) -> str:
        """Limits that follow one another: ``10 + 3 working days``."""
        if len({each.unit for each in limits}) > 1:
            return " + ".join(self.limit(each) for each in limits)
        count = str(limits[0].count) if len(limits) == 1 else " + ".join(str(each.count) for each in limits)
        return self.count(count, limits[0].unit)

    def silence(self, box: Box) -> str | None:
        """What follows from silence."""
        match box.end:
            case Deem(outcome=outcome):
                return self.word("silence", self.word("deemed", self.outcome(outcome)))
            case Lapse():
                return self.word("silence", self.word("lapsed"))
            case Refer(to=to):
                if box.instead_of is not None:  # nobody stands in for a stand-in
                    return self.word("silence", self.word("lapsed"))
                return self.word("silence", self.word("referred", self.lane(Party.agency(to))))
        return None

    # --- edges ---------------------------------------------------------------------------------------------

    def outcome(self, code: str) -> str:
        """What an outcome is called."""
        named = self.drawing.item.outcomes.get(code)
        if named is not None:
            return named.text(self.language)
        return self._titled(code) or self._of_ours(code) or _spaced(code)

    def label(self, edge: Edge) -> str:
        """By which outcomes an edge leads on; empty where it always does."""
        told = [] if self._goes_without_saying(edge) else [self.outcome(each) for each in edge.said]
        told = list(dict.fromkeys(told))
        if len(told) > MOST_NAMED:
            told = [*told[: MOST_NAMED - 1], self.word("more", len(told) - MOST_NAMED + 1)]
        told += [self._silent(each) for each in edge.silent if edge.dotted or each.kind != "deemed"]
        label = self.word("join").join(dict.fromkeys(each for each in told if each))
        return self.word(edge.of, label) if edge.of and label else label

    def _goes_without_saying(self, edge: Edge) -> bool:
        """Whether what leads on is all that its box waits for, and so stands there."""
        box = next((each for each in self.drawing.boxes if each.key == edge.source), None)
        wants = box.wants if box is not None and box.kind == "wait" else ()
        return len(wants) == 1 and edge.said == (wants[0].removeprefix("reported:"),)

    def _silent(self, silent: Silent) -> str:
        match silent.kind:
            case "deemed":
                return self.word("silent", self.outcome(silent.code or ""))
            case "referred":  # the box says so
                return ""
        return self.word("over")

    # --- beside the drawing --------------------------------------------------------------------------------

    def head(self) -> list[str]:
        """What is below the title."""
        drawing = self.drawing
        law = drawing.law
        limits = [
            self.word("statutory", self.limit(law.statutory)),
            self.word("promised", self.limit(law.promised)),
        ]
        if drawing.in_time:
            limits.append(self.word("in-time", self.days(drawing.in_time)))
        if drawing.with_silence:
            limits.append(self.word("with-silence", self.days(drawing.with_silence)))
        return [self.word("law-version", law.id, law.basis), " · ".join(limits)]

    def notes(self) -> list[str]:
        """What holds everywhere, and so is drawn nowhere."""
        found = []
        if self.drawing.item.withdrawable:
            found.append(self.word("withdrawable"))
        if late := self.late():
            found.append(late)
        if self.drawing.left:
            found.append(self.word("left", self.drawing.left))
        return found

    def late(self) -> str | None:
        """What follows by law from a decision that is late."""
        late = self.drawing.law.late
        match late:
            case TacitGrant():
                return self.word("tacit-grant", late.basis)
            case TacitRefusal():
                return self.word("tacit-refusal", late.basis)
            case PenaltyPayment():
                return self.word("penalty", late.basis)
        return None

    def description(self) -> str:
        """The drawing in words, for readers who cannot see it."""
        steps = [
            f"{self.whole_title(box)} ({self.lane(box.lane)})"
            for box in self.drawing.boxes
            if box.lane is not None
        ]
        return self.word("course", self.name, "; ".join(steps))


def _spaced(code: str) -> str:
    return code.replace("-", " ")
