"""What is said of a pilot, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping

from seamless.rebuild.phrases import PHRASES, Phrases

PILOT: Mapping[str, tuple[str, str]] = {
    "p-title": ("试点：{procedure}，以“{new}”替换“{old}”", "Pilot: {procedure}, {new} in place of {old}"),
    "p-subtitle": ("{number}（{case}），数据截至{as_of}", "{number} ({case}), as of {as_of}"),
    "p-unknown": ("（已删除）", "(erased)"),
    # --- how it stands ---
    "p-approve": (
        "尚未开始：等待指导委员会第一人批准。",
        "Not begun: the steering committee has to approve it.",
    ),
    "p-confirm": (
        "尚未开始：已有一人批准，等待第二人批准。",
        "Not begun: one person has approved it, and a second one has to.",
    ),
    "p-begin": ("已获两人批准，即将开始分配新办件。", "Two persons have approved it; it is about to begin."),
    "p-run": ("正在试点，尚无定论。", "It is being tried, and nothing is decided yet."),
    "p-run-better": (
        "新办法较快，将由指导委员会决定。",
        "The new way is faster; the committee will be asked.",
    ),
    "p-run-worse": (
        "新办法较慢，下次评估后自动恢复原办法。",
        "The new way is slower: it is given up at the next look.",
    ),
    "p-run-harmful": (
        "新办法有损申请人，下次评估后自动恢复原办法。",
        "The new way harms: it is given up at the next look.",
    ),
    "p-decide-better": (
        "新办法较快，等待指导委员会决定是否采用。",
        "The new way is faster. The steering committee decides whether it stays.",
    ),
    "p-decide-exhausted": (
        "办件已用完，仍无定论，等待指导委员会决定。",
        "All cases are used, and nothing is decided. The steering committee decides whether it stays.",
    ),
    "p-end": ("试点结束，正在切换新办件的办法。", "It has ended; new cases are being switched over."),
    "p-adopted": (
        "已采用：新办件一律按新办法办理。",
        "Adopted: all new cases go the new way.",
    ),
    "p-gone-back-worse": (
        "已自动放弃：新办法较慢，新办件已恢复原办法。",
        "Given up by itself: the new way is slower. New cases go the old way again.",
    ),
    "p-gone-back-harmful": (
        "已自动放弃：新办法有损申请人，新办件已恢复原办法。",
        "Given up by itself: the new way harms. New cases go the old way again.",
    ),
    "p-gone-back-stopped": (
        "指导委员会提前终止，新办件已恢复原办法。",
        "Stopped by the steering committee. New cases go the old way again.",
    ),
    "p-gone-back-not-adopted": (
        "指导委员会决定不采用，新办件已恢复原办法。",
        "Not adopted by the steering committee. New cases go the old way again.",
    ),
    "p-gone-back-not-weighed": (
        "证据未能评估，新办件已恢复原办法。",
        "Given up, since the evidence could not be weighed. New cases go the old way again.",
    ),
    "p-not-approved": ("未获批准，没有开始。", "Not approved, and never begun."),
    "p-not-possible": ("无法开始，没有分配办件。", "It could not begin, and no case was assigned."),
    "p-cancelled": (
        "运维人员结束了试点的办件。",
        "An operator has ended the pilot's case.",
    ),
    # --- the evidence ---
    "p-pairs-slower": (
        "新办法在{known}对中的{count}对较慢。",
        "The new way was slower in {count} of {known} pairs.",
    ),
    "p-pairs-faster": (
        "新办法在{known}对中的{count}对较快。",
        "The new way was faster in {count} of {known} pairs.",
    ),
    "p-of-100-slower": (
        "新办法在每100对中有{share}对较慢（{known}对中的{count}对）。",
        "The new way was slower in {share} of 100 pairs ({count} of {known}).",
    ),
    "p-of-100-faster": (
        "新办法在每100对中有{share}对较快（{known}对中的{count}对）。",
        "The new way was faster in {share} of 100 pairs ({count} of {known}).",
    ),
    "p-pairs-open": ("另有{open}对尚不能比较。", "{open} pairs cannot be compared yet."),
    "p-pairs-none": ("还没有可以比较的一对办件。", "No two cases can be compared yet."),
    "p-means": (
        "平均用时：新办法{new}，原办法{old}，每件最多计至{horizon}；新办法{change}。",
        "A case takes {new} the new way and {old} the old way, each counted up to {horizon}: {change}.",
    ),
    "p-evidence": (
        "证据强度：较快{faster}，较慢{slower}，达到{goal}即有定论。毫无差别时，{goal}个试点中最多有1个会误达，"
        "无论查看多少次。",
        "Evidence that it is faster: {faster}; that it is slower: {slower}; {goal} decides. Where there is "
        "no difference, at most one pilot in {goal} gets there, however often one looks.",
    ),
    "p-harm": (
        "{what}：新办法{of_new}件中{new}件，原办法{of_old}件中{old}件。",
        "{what}: {new} of {of_new} the new way, {old} of {of_old} the old way.",
    ),
    "p-harm-more": ("这已超出偶然。", "That is more than chance."),
    "p-refused": ("不予许可", "Refused"),
    "p-objected": ("提出异议", "Objected to"),
    "p-complained": ("投诉", "Complained of"),
    "p-disturbed": (
        "注意：两种办法都要经过{agencies}，而它积压越多就越慢。两组办件可能相互影响，差别可能与全面实行时不同；"
        "要看清，须让全部办件按周轮换两种办法。",
        "Beware: both ways need {agencies}, and the more there is to do, the longer it takes. The two ways "
        "may disturb one another, so the difference may be another one once all cases go one way. Changing "
        "all cases from one way to the other by the week would show it.",
    ),
    "p-old-changed": (
        "注意：试点开始以来，原办法比此前{change}。可能情况变了，也可能是新办法影响了它。",
        "Beware: compared with before the pilot, the old way is {change}. The conditions may have changed, "
        "or the new way affects it.",
    ),
    "p-set-aside": (
        "有{blocks}组的抽签与方案不符，未计入。",
        "{blocks} blocks were not drawn as planned, and do not count.",
    ),
    # --- who and when ---
    "p-proposed": ("{owner}于{at}提出：{why}", "Proposed on {at} by {owner}: {why}"),
    "p-approved-two": ("{first}和{second}由两人批准。", "Approved by two persons, on {first} and {second}."),
    "p-approved-one": ("{first}由一人批准。", "Approved by one person, on {first}."),
    "p-refused-by": ("{at}未获同意{why}。", "Refused on {at}{why}."),
    "p-plan": (
        "每{block}件连续的新办件中随机抽取1件按新办法办理，最多{most}件。",
        "Of every {block} consecutive new cases, one drawn at random goes the new way; at most {most}.",
    ),
    "p-begun": (
        "自{at}起分配了{cases}件：新办法{new}件，原办法{old}件。",
        "From {at} on {cases} cases were assigned: {new} to the new way, {old} to the old.",
    ),
    "p-looks": (
        "证据评估了{count}次，最近一次{at}。",
        "The evidence was weighed {count} times, last on {at}.",
    ),
    "p-all-done": (
        "试点的全部{cases}件均按开始时的办法办结。",
        "All {cases} cases of the pilot were closed the way they began.",
    ),
    "p-still": (
        "其中{open}件仍按开始时的办法办理。",
        "{open} of them are still under way, the way they began.",
    ),
    "p-decided": (
        "指导委员会于{at}决定：{what}{why}。",
        "The steering committee decided on {at}: {what}{why}.",
    ),
    "p-adopt": ("采用", "adopt it"),
    "p-go-back": ("恢复原办法", "go back"),
    # --- what happens next ---
    "p-next": ("下一步：{what}", "Next: {what}"),
    "p-next-approve": (
        "指导委员会在{due}前表决（seamless pilot approve），逾期不批准。",
        "the committee votes by {due} (seamless pilot approve); silence approves nothing.",
    ),
    "p-next-begin": ("试点办公室开始分配新办件。", "the pilot office begins to assign new cases."),
    "p-next-run": (
        "每天评估一次；较慢或者有损即自动恢复原办法，较快或者办件用完即由委员会决定。",
        "the evidence is weighed every day. Slower or harmful: it is given up by itself. Faster, or all "
        "cases used: the committee decides.",
    ),
    "p-next-decide": (
        "指导委员会在{due}前决定（seamless pilot adopt），逾期恢复原办法。",
        "the committee decides by {due} (seamless pilot adopt); silence adopts nothing.",
    ),
    "p-next-end": ("新办件切换完毕后结案。", "the pilot is closed once new cases are switched over."),
    "p-next-cancelled": (
        "如仍在分配新办件，用 seamless pilot stop 结束。",
        "if it still assigns cases, end that with seamless pilot stop.",
    ),
    # --- tables and pictures ---
    "p-s-history": ("经过", "How it went"),
    "p-s-arms": ("两种办法", "The two ways"),
    "p-s-curve": ("多久以后仍未办结", "How many still wait after a time"),
    "p-s-evidence": ("证据强度的变化", "How the evidence grew"),
    "p-c-way": ("办法", "Way"),
    "p-c-cases": ("办件", "Cases"),
    "p-c-open": ("未办结", "Open"),
    "p-c-mean": ("平均用时", "Takes on average"),
    "p-c-median": ("半数办结于", "Half are done within"),
    "p-c-refused": ("不予许可", "Refused"),
    "p-new": ("新办法（{variant}）", "New ({variant})"),
    "p-old": ("原办法（{variant}）", "Old ({variant})"),
    "p-is-faster": ("较快", "faster"),
    "p-is-slower": ("较慢", "slower"),
    "p-decides": ("定论", "decides"),
}


class PilotPhrases(Phrases):
    """The phrases of a pilot, beside those of all measures."""

    def __call__(self, key: str, **values: object) -> str:
        """A phrase."""
        chinese, english = PILOT.get(key) or PHRASES[key]
        return (chinese if self.language == "zh" else english).format(**values)
