"""``seamless pilot``: how a pilot stands is told in both languages; mistakes are told with the remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.rebuild.erased import erase
from contracts.procedures.rebuilding import EXAMPLE, REBUILDING
from contracts.terms.identifiers import AgencyId, CaseId, VariantId
from contracts.wire.ledger import LedgerEntry
from seamless.cli.pilot_found import STANDING
from seamless.rebuild.pilot import AGAINST
from seamless.rebuild.pilot_phrases import PILOT
from tests.applications import new_case
from tests.chains import START, chain, records
from tests.unit.seamless.cli.running import Said, command
from workers.archive.store import ArchiveStore

CASE = new_case()
OFFICE, COMMITTEE = "pilot-office", "steering-committee"

PROPOSED: tuple[dict[str, Any], ...] = (
    {"kind": "opened", "content": {"application": EXAMPLE.model_dump(mode="json")}},
    {"kind": "accepted"},
)


def asked(name: str, agency: str, nth: int = 1) -> dict[str, Any]:
    step = f"rebuilding.{name}/{nth}"
    due = START + timedelta(days=14)
    return {
        "kind": "requested",
        "step": step,
        "request": f"{CASE}/{step}",
        "agency": AgencyId(agency),
        "due": due,
    }


def answered(
    name: str, agency: str, outcome: str, officer: str | None = None, nth: int = 1
) -> tuple[Any, ...]:
    request = asked(name, agency, nth)
    said = {"kind": "answered", "actor": f"agency:{agency}", "outcome": outcome, "officer": officer}
    said |= {"automated": officer is None, "content": {"answer": {"outcome": outcome, "note": "so they say"}}}
    return request, {**{key: request[key] for key in ("step", "request", "agency")}, **said}


FIRST = answered("approve-pilot", COMMITTEE, "approve", "a" * 16)
SECOND = answered("confirm-pilot", COMMITTEE, "approve", "b" * 16)
BEGUN = (*PROPOSED, *FIRST, *SECOND, *answered("begin-assignment", OFFICE, "begun"))
WAITING = {"kind": "waiting", "step": "wait-for-stop-pilot/1", "agency": AgencyId(OFFICE)}
BETTER = (*BEGUN, *answered("weigh-evidence", OFFICE, "better"))
ADOPTED = answered("decide-adoption", COMMITTEE, "adopt", "a" * 16)
WEIGHED_AGAIN = (*BETTER, *ADOPTED, asked("weigh-evidence", OFFICE, 2))
ENDED = answered("end-assignment", OFFICE, "ended")
CLOSED = {"kind": "closed", "outcome": "refused"}


def refused(reason: str) -> tuple[Any, ...]:
    return {"kind": "decided", "outcome": "refused", "reason": reason}, CLOSED


STAGES: dict[str, tuple[Any, ...]] = {
    "p-approve": (*PROPOSED, asked("approve-pilot", COMMITTEE)),
    "p-confirm": (*PROPOSED, *FIRST, asked("confirm-pilot", COMMITTEE)),
    "p-begin": (*PROPOSED, *FIRST, *SECOND, asked("begin-assignment", OFFICE)),
    "p-run": (*BEGUN, WAITING),
    "p-decide-better": (*BETTER, asked("decide-adoption", COMMITTEE)),
    "p-end": (*BETTER, asked("end-assignment", OFFICE)),
    "p-adopted": (
        *(*WEIGHED_AGAIN[:-1], *answered("weigh-evidence", OFFICE, "better", nth=2), *ENDED),
        *({"kind": "decided", "outcome": "granted"}, {"kind": "closed", "outcome": "granted"}),
    ),
    **{
        f"p-gone-back-{reason}": (*BEGUN, *ENDED, *refused(reason))
        for reason in REBUILDING.newest_law.reasons
        if reason not in AGAINST
    },
    "p-not-approved": (*PROPOSED, *FIRST, *refused("not-approved")),
    "p-not-possible": (*PROPOSED, *FIRST, *SECOND, *refused("not-possible")),
    "p-cancelled": (*BEGUN, {"kind": "broken-off"}, CLOSED),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[ArchiveStore]:
    store = ArchiveStore(f"sqlite:///{folder / 'archive.db'}")
    store.prepare()
    yield store
    store.close()


def proposed(store: ArchiveStore, *steps: dict[str, Any]) -> None:
    """The pilot's own ledger."""
    its = {"procedure": REBUILDING.procedure, "law": "2020"}
    entries = [{**step, **its} for step in steps]
    store.write(records(chain(*entries, case=CASE)))


def tried(store: ArchiveStore, pairs: int, *, days: int, old_days: int) -> None:
    """Pairs of cases that the pilot assigned: the new one takes so many days, and the old one others."""
    for block in range(pairs):
        for place, (arm, variant, took) in enumerate((("new", "bundle", days), ("old", "chain", old_days))):
            case = CaseId(f"portal-{block * 2 + place:08x}-0000-7000-8000-000000000000")
            begun = START + timedelta(days=block + 1)
            ended = begun + timedelta(days=took)
            opened = {"pilot": CASE, "arm": arm, "block": block + 1, "place": place + 1, "probability": 0.5}
            opened |= {"kind": "opened", "received": begun, "recorded": begun, "variant": VariantId(variant)}
            decided = {"kind": "decided", "outcome": "granted", "recorded": ended, "received": ended}
            closed = {**decided, "kind": "closed"}
            its = {"procedure": EXAMPLE.procedure, "law": "one-by-one"}
            entries: list[LedgerEntry] = chain(
                *({**each, **its} for each in (opened, decided, closed)), case=case
            )
            store.write(records(entries, offset=100 + 10 * (block * 2 + place)))


def pilot(folder: Path, *words: object) -> Said:
    return command("pilot", *words, "--data", folder)


def shown(folder: Path, *words: object) -> dict[str, Any]:
    said = pilot(folder, "show", "--json", *words)
    assert said.code == 0, said
    found: dict[str, Any] = json.loads(said.out)
    return found


@pytest.mark.parametrize("key", STAGES)
def test_how_a_pilot_stands_is_told_in_both_languages(store: ArchiveStore, folder: Path, key: str) -> None:
    proposed(store, *STAGES[key])
    for number, lang in enumerate(("zh", "en")):
        said = pilot(folder, "show", "--lang", lang)
        assert said.code == 0, said
        assert PILOT[key][number] in said.out
    assert shown(folder)["stage"] in STANDING


def test_what_the_cases_say_is_told_in_pairs_with_both_approvals(store: ArchiveStore, folder: Path) -> None:
    proposed(store, *BEGUN, WAITING)
    tried(store, 12, days=9, old_days=3)
    said = pilot(folder, "show", "--lang", "en").out
    assert "The new way is slower" in said
    assert "slower in 12 of 12 pairs" in said
    assert "Approved by two persons" in said
    assert "All 24 cases of the pilot were closed the way they began." in said
    found = shown(folder)
    assert found["verdict"] == "worse"
    assert len({each["officer"] for each in found["approvals"]}) == 2
    assert "a" * 16 not in said, "officers are not shown to people"


def test_of_many_pairs_it_is_told_how_many_of_a_hundred(store: ArchiveStore, folder: Path) -> None:
    proposed(store, *BEGUN, WAITING)
    tried(store, 120, days=3, old_days=9)
    assert "faster in 100 of 100 pairs (120 of 120)" in pilot(folder, "show", "--lang", "en").out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_needs_nothing_else(store: ArchiveStore, folder: Path, lang: str) -> None:
    proposed(store, *BETTER, asked("decide-adoption", COMMITTEE))
    tried(store, 12, days=3, old_days=9)
    file = folder / "pilot.html"
    assert pilot(folder, "show", "--html", file, "--lang", lang).code == 0
    text = file.read_text("utf-8")
    assert text.count("<svg") == 2
    assert PILOT["p-decide-better"][lang == "en"] in text
    assert not [each for each in ("<script", "src=", "href=", "url(") if each in text]


def test_the_figures_are_the_same_once_all_data_was_erased(store: ArchiveStore, folder: Path) -> None:
    proposed(store, *BETTER, asked("decide-adoption", COMMITTEE))
    tried(store, 12, days=3, old_days=9)
    before = shown(folder)
    assert erase(folder / "archive.db") > 0
    after = shown(folder)
    said = {"told", "as_of", "law", "block", "most", "approvals", "looks"}
    assert {name: each for name, each in before.items() if name not in said} == {
        name: each for name, each in after.items() if name not in said
    }
    assert [each | {"note": None} for each in before["looks"]] == after["looks"]
    assert pilot(folder, "show", "--lang", "en").code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("no-such", "--new", "bundle"), "there is no procedure 'no-such'"),
        (("rebuilding", "--new", "standard"), "there is no procedure 'rebuilding' to be tried"),
        (("opening-restaurant", "--new", "heap", "--old", "chain"), "knows both 'chain' and 'heap'"),
        (("opening-restaurant", "--new", "chain", "--old", "chain"), "is the old variant, too"),
        (("opening-restaurant", "--new", "chain", "--law", "1900"), "has no law version '1900'"),
        (
            ("tree-felling", "--new", "added-review", "--law", "2017", "--old", "standard"),
            "2017 knows standard",
        ),
        (("tree-felling", "--new", "added-review", "--most", "6000"), "--most"),
        (("tree-felling", "--new", "added-review", "--channel", "moon"), "there is no channel 'moon'"),
    ],
)
def test_a_pilot_that_cannot_begin_is_not_proposed(
    store: ArchiveStore, folder: Path, words: tuple[str, ...], told: str
) -> None:
    said = pilot(folder, "open", *words, "--why", "a test")
    assert (said.code, said.out) == (2, "")
    assert told in said.err


def test_a_procedure_has_one_pilot_at_a_time(store: ArchiveStore, folder: Path) -> None:
    proposed(store, *BEGUN, WAITING)
    words = ("open", "opening-restaurant", "--new", "bundle", "--old", "chain", "--why", "a test")
    said = pilot(folder, *words)
    assert said.code == 2
    assert f"has a pilot that is open: {CASE}" in said.err


@pytest.mark.parametrize(
    ("stage", "words", "told"),
    [
        ("p-run", ("approve", "--as", "chen"), "does not wait for an approval: it is being tried"),
        ("p-run", ("adopt", "--as", "chen"), "does not wait for the committee's decision: it is being tried"),
        ("p-approve", ("adopt", "--as", "chen"), "it waits to be approved"),
        ("p-decide-better", ("stop", "--why", "x"), "seamless pilot adopt --as OFFICER --go-back"),
        ("p-end", ("stop", "--why", "x"), "is not stopped any more: new cases are being switched over"),
        ("p-end-weighed-again", ("stop", "--why", "x"), "is not stopped any more"),
    ],
)
def test_what_nobody_asks_for_now_is_refused(
    store: ArchiveStore, folder: Path, stage: str, words: tuple[str, ...], told: str
) -> None:
    proposed(store, *(STAGES | {"p-end-weighed-again": WEIGHED_AGAIN})[stage])
    said = pilot(folder, *words)
    assert said.code == 2, said
    assert told in said.err


def test_without_any_pilot_it_is_said_how_to_propose_one(store: ArchiveStore, folder: Path) -> None:
    said = pilot(folder, "show")
    assert said.code == 2
    assert "seamless pilot open" in said.err


def test_another_case_is_no_pilot(store: ArchiveStore, folder: Path) -> None:
    [entry] = chain({"kind": "opened"})
    store.write(records([entry]))
    said = pilot(folder, "show", entry.case)
    assert said.code == 2
    assert "is a case of construction-permit, and no pilot" in said.err
