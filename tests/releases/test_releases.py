"""What was released stands: its files are unchanged, and who connected to it still can."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, create_model

from contracts.wire.envelope import MESSAGES
from tests.releases.promised import PAYLOADS, Promised, digests, promised_today, releases, schema_of
from tests.releases.schemas import taken_no_more
from tests.replay.record import version
from tests.replay.replaying import HISTORIES

RELEASED = releases()


@pytest.fixture(params=RELEASED)
def released(request: pytest.FixtureRequest) -> Promised:
    return RELEASED[request.param]


def test_the_version_of_today_is_recorded_or_not_released() -> None:
    assert version() == max(RELEASED, key=lambda each: tuple(map(int, each.split("."))))


def test_histories_and_payloads_stay_as_they_were(released: Promised) -> None:
    assert released.histories.items() <= digests(HISTORIES, "*/**/*.json").items()
    assert released.payloads.items() <= digests(PAYLOADS, "v*/*.json").items()
    assert len(released.histories) > 10 < len(released.payloads)


def test_search_attributes_keep_their_types(released: Promised) -> None:
    assert released.attributes.items() <= promised_today().attributes.items()


def test_what_a_party_could_say_it_still_can_and_what_it_is_told_it_still_reads(released: Promised) -> None:
    """Another meaning, or less than before, is another event type beside this one: ``.v2``."""
    broken = {}
    for name, before in released.messages.items():
        assert name in MESSAGES, f"{name} is gone"
        today = schema_of(MESSAGES[name])
        told = MESSAGES[name].sender == "platform"
        broken[name] = taken_no_more(today, before) if told else taken_no_more(before, today)
    assert {name: found for name, found in broken.items() if found} == {}


# --- what takes less is seen --------------------------------------------------------------------------------


class Inner(BaseModel):
    kind: str


class Said(BaseModel):
    code: str = Field(max_length=20)
    number: int | None = Field(default=None, ge=0)
    inner: Inner | None = None
    papers: tuple[Inner, ...] = ()


SAID = Said.model_json_schema()
TODAY = [
    ({"code": (str, Field(max_length=19))}, "/code: maxLength is 19, and was 20"),
    ({"code": (str, Field(max_length=20, min_length=1))}, "/code: minLength is 1, and was not stated"),
    ({"code": (str, Field(max_length=20, pattern="^x"))}, "/code: pattern is '^x', and was None"),
    ({"number": (int, 0)}, "/number: null was taken, integer is"),
    ({"number": (int | None, Field(ge=0))}, "/number: has to be there"),
    ({"inner": (create_model("Inner", kind=(str, ...), other=(str, ...)) | None, None)}, "/inner/other"),
    ({"papers": (tuple[str, ...], ())}, "/papers/-: object was taken, string is"),
    ({"fresh": (str, ...)}, "/fresh: has to be there"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "told"), TODAY, ids=[told for _, told in TODAY])
def test_what_takes_less_is_told_with_its_place(changed: dict[str, Any], told: str) -> None:
    today: Any = create_model("Said", __base__=Said, **changed)
    found = taken_no_more(SAID, today.model_json_schema())
    assert len(found) == 1
    assert found[0].startswith(told)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"code": (str, Field(max_length=21))},
        {"code": (str, "")},
        {"number": (float | None, None)},
        {"number": (int | str | None, None)},
        {"fresh": (str | None, None)},
    ],
    ids=repr,
)
def test_what_takes_more_is_well(changed: dict[str, Any]) -> None:
    today: Any = create_model("Said", __base__=Said, **changed)
    assert taken_no_more(SAID, today.model_json_schema()) == []


@given(name=st.sampled_from(sorted(MESSAGES)), data=st.data())
def test_a_field_that_has_to_be_there_from_now_on_is_seen_in_every_message(
    name: str, data: st.DataObject
) -> None:
    before = schema_of(MESSAGES[name])
    assert taken_no_more(before, before) == []
    optional = sorted(before.get("properties", {}).keys() - set(before.get("required", [])))
    field = data.draw(st.sampled_from([*optional, "fresh"]))
    today = before | {"required": [*before.get("required", []), field]}
    assert taken_no_more(before, today) == [f"/{field}: has to be there"]
