"""The hash chain: what it finds, and what it allows."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.wire.canonical import sha256
from contracts.wire.ledger import GENESIS, Erasable, LedgerEntry, faults
from tests.chains import chain, plain_chain

LENGTH = 6
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


def canonical_elsewhere(value: Any) -> bytes:
    """RFC 8785 by other means than the product's: enough of it, where there are no fractions.

    Members are ordered by their UTF-16 code units, not by code points.
    """
    if isinstance(value, dict):
        ordered = sorted(value, key=lambda name: name.encode("utf-16-be"))
        members = (canonical_elsewhere(name) + b":" + canonical_elsewhere(value[name]) for name in ordered)
        return b"{" + b",".join(members) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(canonical_elsewhere, value)) + b"]"
    return json.dumps(value, ensure_ascii=False).encode()


def test_a_whole_ledger_has_no_faults() -> None:
    assert faults(plain_chain(LENGTH)) == []
    assert faults([]) == []


@given(position=st.integers(0, LENGTH - 1), data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_entry_is_found(position: int, data: st.DataObject) -> None:
    entries = plain_chain(LENGTH)
    changes = {
        "kind": "answered",
        "actor": "agency:planning",
        "outcome": "consent",
        "holders": ("applicant",),
        "recorded": entries[-1].recorded.replace(year=2030),
        "law": "2031-1",
        "previous": "f" * 64,
        "data_digest": "e" * 64,
        "not_known_yet": "a field of a newer version",
    }
    name = data.draw(st.sampled_from(sorted(changes)))
    entries[position] = entries[position].model_copy(update={name: changes[name]})
    assert any(f"entry {position + 1} " in fault for fault in faults(entries))


@given(position=st.integers(0, LENGTH - 2))
def test_an_entry_that_was_changed_and_sealed_again_breaks_the_next(position: int) -> None:
    entries = plain_chain(LENGTH)
    entries[position] = entries[position].model_copy(update={"outcome": "consent"}).sealed()
    assert faults(entries) == [f"entry {position + 2} does not follow from the one before it"]


@given(position=st.integers(0, LENGTH - 2))
def test_a_missing_entry_is_found(position: int) -> None:
    entries = plain_chain(LENGTH)
    del entries[position]
    assert faults(entries)[0].startswith(f"entry {position + 1} is missing")


@given(position=st.integers(0, LENGTH - 1))
def test_a_repeated_entry_is_found(position: int) -> None:
    entries = plain_chain(LENGTH)
    entries.insert(position, entries[position])
    assert faults(entries)


@given(order=st.permutations(range(LENGTH)).filter(lambda order: list(order) != list(range(LENGTH))))
@settings(max_examples=50, deadline=None)
def test_reordered_entries_are_found(order: list[int]) -> None:
    entries = plain_chain(LENGTH)
    assert faults([entries[number] for number in order])


def test_a_ledger_begins_at_the_beginning() -> None:
    entries = plain_chain(LENGTH)
    assert faults(entries[1:])
    assert entries[0].previous == GENESIS


def test_erased_data_leaves_the_chain_whole() -> None:
    entries = [entry.model_copy(update={"data": None}) for entry in plain_chain(LENGTH)]
    assert faults(entries) == []
    assert "number" not in "".join(entry.model_dump_json() for entry in entries)


def test_data_that_was_exchanged_is_found() -> None:
    entries = plain_chain(3)
    forged = Erasable(salt=entries[1].data.salt if entries[1].data else "", content={"number": 99})
    entries[1] = entries[1].model_copy(update={"data": forged})
    assert faults(entries) == ["entry 2 has data that is not what was recorded"]


def test_data_slipped_into_an_entry_that_had_none_is_found() -> None:
    entries = chain({"kind": "opened", "data": None, "data_digest": None})
    entries[0] = entries[0].model_copy(update={"data": Erasable(salt="0", content={"more": 1})})
    assert faults(entries) == ["entry 1 has data that is not what was recorded"]


def test_the_same_content_under_another_salt_has_another_digest() -> None:
    content = {"outcome": "consent"}
    assert Erasable(salt="1", content=content).digest() != Erasable(salt="2", content=content).digest()


@given(value=st.dictionaries(TEXT, VALUES, max_size=5))
def test_the_hash_is_over_canonical_json(value: dict[str, Any]) -> None:
    assert sha256(value) == hashlib.sha256(canonical_elsewhere(value)).hexdigest()


@given(content=st.dictionaries(TEXT, VALUES, max_size=5))
@settings(max_examples=50, deadline=None)
def test_another_language_recomputes_the_hash_from_the_json_alone(content: dict[str, Any]) -> None:
    entry = chain({"kind": "opened", "content": content, "officer": "窗口 3 · 张", "outcome": "😀"})[0]
    members = json.loads(json.dumps(json.loads(entry.model_dump_json()), ensure_ascii=True))
    data, written = members.pop("data"), members.pop("hash")
    assert hashlib.sha256(canonical_elsewhere(members)).hexdigest() == written
    assert hashlib.sha256(canonical_elsewhere(data)).hexdigest() == members["data_digest"]


def test_an_entry_written_by_another_language_keeps_its_hash() -> None:
    entry = chain(
        {"kind": "opened", "officer": "窗口 3", "content": {"市": "杭州", "😀": 1, "é": [2, None]}}
    )[0]
    members = json.loads(entry.model_dump_json())
    turned = dict(reversed(members.items()))  # another order of members, and everything escaped
    read = LedgerEntry.model_validate_json(json.dumps(turned, ensure_ascii=True, indent=2))
    assert read.computed_hash() == entry.hash
    assert faults([read]) == []


def test_a_number_has_one_form_in_every_language() -> None:
    assert sha256({"amount": 1.0}) == sha256({"amount": 1})
    assert sha256({"amount": 1e21}) == hashlib.sha256(b'{"amount":1e+21}').hexdigest()


def test_fields_of_a_newer_version_are_kept_and_hashed() -> None:
    entry = chain({"kind": "opened", "later": {"x": 1}})[0]
    read = LedgerEntry.model_validate_json(entry.model_dump_json())
    assert read.model_extra == {"later": {"x": 1}}
    assert faults([read]) == []
