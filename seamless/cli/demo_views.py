"""What the demonstration came to, in one language."""

from __future__ import annotations

from rich.table import Table

from contracts.terms.identifiers import Party
from contracts.terms.values import Bilingual
from seamless.cli.console import line
from seamless.cli.names import Names
from seamless.demo.report import Report

WHERE = Bilingual(zh="去哪里看", en="Where to look")
STAYS = Bilingual(zh="（加 --keep 则保持运行）", en="(with --keep they stay)")
ASSUMED = Bilingual(
    zh="办理时间是假设的，见 seamless/demo/assumptions.py：各部门时限的 20–95 %，"
    "以 60 % 为最常见，二十件中有一件超期。",
    en="Working times are assumptions, stated in seamless/demo/assumptions.py: 20-95 % of each agency's "
    "limit, most often 60 %, one in twenty overdue.",
)

RESULTS = Bilingual(zh="结果", en="Results")
OUTCOMES = {
    "granted": Bilingual(zh="准予", en="granted"),
    "refused": Bilingual(zh="不予", en="refused"),
    "withdrawn": Bilingual(zh="撤回", en="withdrawn"),
}
UNDECIDED = Bilingual(zh="未决", en="undecided")
LEDGER = Bilingual(zh="台账", en="ledger entries")
BROKEN = Bilingual(zh="件损坏", en="broken")
DAYS = Bilingual(zh="天", en="days")
PAPER = Bilingual(zh="纸质流转，每件", en="as a paper file, per case")
NETWORK = Bilingual(zh="联网办理，每件", en="on the network, per case")
LONGEST = Bilingual(zh="同样工作的最长分支", en="longest branch of the same work")
SAVED = Bilingual(zh="节省", en="saved")

TIME = Bilingual(zh="时间去向", en="Where the time went")
HOLDER = Bilingual(zh="谁持有", en="who held the cases")
EACH = Bilingual(zh="每件天数", en="days per case")


def results(made: Report, names: Names) -> Table:
    """How the cases ended, and how long they took."""
    told, decided = names.text, max(1, made.cases - made.undecided)
    table = Table(title=told(RESULTS), show_header=False)
    for outcome, name in OUTCOMES.items():
        table.add_row(told(name), str(made.outcomes.get(outcome, 0)))
    if made.undecided:
        table.add_row(line((told(UNDECIDED), "red")), str(made.undecided))
    table.add_row(told(LEDGER), f"{made.ledger_entries}, {made.ledger_broken} {told(BROKEN)}")
    table.add_section()
    for name, days in (
        (PAPER, made.serial_days),
        (NETWORK, made.network_days),
        (LONGEST, made.critical_path_days),
    ):
        table.add_row(told(name), f"{days / decided:.1f} {told(DAYS)}")
    saved = 1 - made.network_days / made.serial_days if made.serial_days else 0
    table.add_row(told(SAVED), line((f"{saved:.0%}", "green")))
    return table


def holders(made: Report, names: Names) -> Table:
    """Who held the cases, and for how long, whoever held them longest first."""
    table = Table(names.text(HOLDER), names.text(EACH), title=names.text(TIME))
    for holder, days in sorted(made.held_days.items(), key=lambda each: -each[1]):
        held = f"{days / max(1, made.cases - made.undecided):.2f}"
        table.add_row(names.party(Party(holder)), held)
    return table
