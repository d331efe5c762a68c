"""Whatever an author has called something, Temporal takes it as a search attribute and as a summary."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import encode_typed_search_attribute_value

from contracts.attributes import KINDS, MORE, keyword, keywords, summary
from contracts.terms.identifiers import Party

VALUE_BYTES = 2048
"""What Temporal takes for the value of a search attribute (``frontend.searchAttributesSizeOfValueLimit``)."""

SUMMARY_BYTES = 400
"""What it takes for a summary (``limit.userMetadataSummarySize``)."""

ANY_TEXT = st.text(max_size=3000) | st.text(alphabet='\U0001f600"\\é审\n\0', min_size=200, max_size=600)
LONGEST_PARTY = st.integers(0, 999).map(lambda number: f"third-party:{number:0>63}")


@given(ANY_TEXT)
def test_a_keyword_fits(text: str) -> None:
    found = keyword(text)
    payload = encode_typed_search_attribute_value(SearchAttributeKey.for_keyword("K"), found)
    assert len(payload.data) <= VALUE_BYTES
    assert len(found) <= 255
    assert not set(found) & set("\n\t\0")
    assert keyword(found) == found


@given(st.lists(LONGEST_PARTY, max_size=100))
def test_a_list_fits_and_says_where_it_lacks_something(parties: list[str]) -> None:
    found = keywords(Party(each) for each in parties)
    payload = encode_typed_search_attribute_value(SearchAttributeKey.for_keyword_list("K"), found)
    assert len(payload.data) <= VALUE_BYTES
    assert json.loads(payload.data) == found
    assert (MORE in found) == (not set(parties) <= set(found))


@given(ANY_TEXT)
def test_a_summary_fits(text: str) -> None:
    [payload] = pydantic_data_converter.payload_converter.to_payloads([summary(text)])
    assert len(payload.data) <= SUMMARY_BYTES


def test_a_short_text_stands_as_it_is() -> None:
    assert (keyword("实质审查"), summary("publish 3 entries: opened")) == (
        "实质审查",
        "publish 3 entries: opened",
    )


def test_a_namespace_on_an_sql_database_has_room_for_all() -> None:
    """As many of each type as the server's SQL schema has columns for."""
    room = {"Keyword": 10, "KeywordList": 3, "Datetime": 3}
    kinds = list(KINDS.values())
    assert {kind: kinds.count(kind) for kind in kinds if kinds.count(kind) > room[kind]} == {}


def test_an_instant_is_kept_to_the_microsecond() -> None:
    at = datetime(2026, 3, 2, 1, 0, 0, 123456, tzinfo=UTC)
    payload = encode_typed_search_attribute_value(SearchAttributeKey.for_datetime("D"), at)
    assert datetime.fromisoformat(json.loads(payload.data)) == at
