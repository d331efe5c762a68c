"""Who speaks in a log, and what the directory lacks of them."""

from __future__ import annotations

from pathlib import Path

from contracts.terms.directory import Directory, load_directory
from contracts.terms.identifiers import Party
from seamless.replay.adapters import ADAPTERS, read_log
from seamless.replay.parties import Cast, write_enlarged

LOGS = Path(__file__).parents[3] / "commands"
BARE = Directory.model_validate({"administration": "nl-demo", "agencies": [], "channels": [], "contact": "x"})


def cast(log: str, procedure: str) -> Cast:
    adapter = ADAPTERS[procedure]
    return Cast.of(read_log(LOGS / log, adapter), adapter)


def test_the_parties_of_a_log_are_those_that_speak_in_it_and_those_of_the_procedure() -> None:
    permits = cast("permit_log.csv", "permit-receipt")
    assert permits.cases == 3
    groups = {"agency:group-1", "agency:group-2", "agency:group-3", "agency:group-4"}
    assert permits.parties == {"channel:log", "agency:municipality", *groups}
    fines = cast("fines.csv", "traffic-fine")
    assert fines.parties >= {"agency:police", "agency:post", "agency:credit-collector"}


def test_the_demonstration_directory_has_them_and_an_empty_one_lacks_all() -> None:
    for log, procedure in (("permit_log.csv", "permit-receipt"), ("fines.csv", "traffic-fine")):
        found = cast(log, procedure)
        assert found.unknown_to(load_directory()) == []
        assert set(found.unknown_to(BARE)) == found.parties


def test_a_directory_is_enlarged_by_what_it_lacks_and_keeps_what_it_has(tmp_path: Path) -> None:
    permits = cast("permit_log.csv", "permit-receipt")
    read = load_directory(write_enlarged(tmp_path, BARE, permits.unknown_to(BARE)))
    assert set(read.parties) == permits.parties
    assert read.administration == "nl-demo"
    assert read.model_extra == {"contact": "x"}
    name = read.name_of(Party.agency("group-1"))
    assert name is not None
    assert name.en == "group-1"
