"""How dead letters are shown, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seamless.cli.console import Console, block, facts, line, listing

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from contracts.wire.dead_letter import DeadLetter
    from seamless.cli.names import Language
    from seamless.operate.dead_letters import Returned
    from seamless.operate.second_person import Confirmed, Ordered

CONFIRM = "another person has to confirm it: seamless dead-letter confirm"


def print_foreseen(order: Ordered, lever: str, as_json: bool) -> None:
    """Tell what an order would do."""
    if as_json:
        said = {f"would-{lever}": _ids(order.settled), "would-propose": _ids(order.waiting)}
        Console().json(said if order.waiting else {f"would-{lever}": _ids(order.settled)})
        return
    if order.settled or not order.waiting:
        _print_count(f"would {lever}", order.settled)
    if order.waiting:
        _print_count(f"would propose to {lever}", order.waiting, CONFIRM)


def print_discarded(order: Ordered, as_json: bool) -> None:
    """Tell what was discarded, and what was proposed."""
    if as_json:
        Console().json({"discarded": _ids(order.settled)} | _proposed(order))
        return
    if order.settled or not order.waiting:
        _print_count("discarded", order.settled)
    _print_proposed(order)


def print_replayed(order: Ordered, back: Returned, as_json: bool) -> int:
    """Tell what came back of what was replayed, and what was proposed; the exit code."""
    if as_json:
        Console().json({"replayed": _ids(order.settled)} | _back(back) | _proposed(order))
    else:
        if order.settled or not order.waiting:
            _print_back(order.settled, back)
        _print_proposed(order)
    return _code(back)


def print_confirmed(agreed: Confirmed, back: Returned, as_json: bool) -> int:
    """Tell what was confirmed, and what came back of it; the exit code."""
    if as_json:
        said = {"replayed": _ids(agreed.replayed)} | _back(back)
        Console().json(said | {"discarded": _ids(agreed.discarded), "own": _ids(agreed.own)})
    else:
        if agreed.replayed:
            _print_back(agreed.replayed, back)
        if agreed.discarded:
            _print_count("discarded", agreed.discarded)
        if agreed.own:
            _print_count("not confirmed", agreed.own, "you have proposed it yourself")
        if not any(agreed):
            Console().print("Nothing is proposed of such dead letters.")
    return 1 if agreed.own else _code(back)


def print_would_confirm(agreed: Confirmed, as_json: bool) -> None:
    """Tell what a confirmation would do."""
    if as_json:
        said = {"would-replay": agreed.replayed, "would-discard": agreed.discarded, "own": agreed.own}
        Console().json({name: _ids(letters) for name, letters in said.items()})
        return
    _print_count("would replay", agreed.replayed)
    _print_count("would discard", agreed.discarded)
    if agreed.own:
        _print_count("would not confirm", agreed.own, "you have proposed it yourself")


def _ids(letters: Sequence[DeadLetter]) -> list[str]:
    return [letter.id for letter in letters]


def _proposed(order: Ordered) -> dict[str, list[str]]:
    return {"proposed": _ids(order.waiting)} if order.waiting else {}


def _back(back: Returned) -> dict[str, object]:
    refused = [each.as_json() for each in back.refused]
    return {"carried": back.carried, "refused": refused, "waiting": back.waiting}


def _code(back: Returned) -> int:
    return 1 if back.refused or back.waiting else 0


def _print_proposed(order: Ordered) -> None:
    if order.waiting:
        _print_count("proposed", order.waiting, CONFIRM)


def _print_count(done: str, letters: Sequence[DeadLetter], more: str = "") -> None:
    from seamless.operate.dead_letters import reasons_of

    console = Console()
    console.print(line(f"{done}: {len(letters)}" + (f"; {more}" if more else "")))
    for reason, count in reasons_of(letters).items():
        console.print(line(f"  {reason}: {count}"))


def _print_back(replayed: Sequence[DeadLetter], back: Returned) -> None:
    console = Console()
    console.print(f"replayed: {len(replayed)}")
    if back.carried:
        console.print(f"  carried: {len(back.carried)}")
    if back.waiting:
        console.print(f"  not carried yet: {len(back.waiting)}. Is a gateway running?")
    for letter in back.refused:
        console.whole(
            f"  refused again: {letter.replay_of}, now {letter.id}: {letter.reason}: {letter.detail}"
        )


def print_list(letters: Sequence[DeadLetter], zone: ZoneInfo, *, chosen_only: bool) -> None:
    """A row for each."""
    from seamless.cli.timeline import moment

    console = Console()
    if not letters:
        console.print("No such dead letters." if chosen_only else "No dead letters wait.")
        return
    cells = [
        (
            line(letter.id),
            line(moment(letter.refused, zone)),
            line(letter.reason),
            line(_short(letter.detail)),
            line(_state(letter)),
        )
        for letter in letters
    ]
    listing(console, ("id", f"refused ({zone.key})", "reason", "what is wrong", "state"), cells)


def print_one(letter: DeadLetter, lang: Language | None) -> None:
    """Why it was refused, and the message as it came."""
    from contracts.terms.errors import REASONS
    from seamless.cli.names import language

    rows = letter.as_json()
    text = REASONS.get(letter.reason)
    if text is not None:
        rows["reason"] = f"{letter.reason}: {text.text(language(lang))}"
    if (proposed := letter.proposed) is not None:
        rows["proposed"] = f"{proposed.state}, by {proposed.by}, {proposed.at.isoformat()}: {proposed.why}"
    headers = [("header", line(f"{name}: {value}")) for name, value in rows.pop("headers")]
    said = [(name, rows.pop(name)) for name in ("key", "value")]
    known = [(name, line(str(value))) for name, value in rows.items()]
    facts(Console(), [*known, *headers, *((name, block(str(value))) for name, value in said)])


def _state(letter: DeadLetter) -> str:
    """What became of it; of one that waits, what somebody has proposed."""
    if letter.state != "waiting" or letter.proposed is None:
        return letter.state
    return f"waiting; {letter.proposed.by} proposes: {letter.proposed.state}"


def _short(text: str, limit: int = 160) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
