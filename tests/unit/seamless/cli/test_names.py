"""Agencies, procedures and steps have one name each on the screen, in the language of whoever reads it."""

from __future__ import annotations

import pytest

from contracts.terms.directory import load_directory
from contracts.terms.identifiers import Party
from seamless.cli.names import VARIABLES, Language, Names, language

DIRECTORY = load_directory()
ZH, EN = Names(DIRECTORY, "zh"), Names(DIRECTORY, "en")
PERMIT = "construction-permit"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "ZH"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "it_IT.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": ""}, "en"),
        ({}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_TW.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
    ],
)
def test_the_language_is_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str], expected: Language
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert language(None) == expected
    assert language("zh") == "zh"


@pytest.mark.parametrize(
    ("who", "zh", "en"),
    [
        ("agency:planning", "自然资源和规划局", "Planning"),
        ("applicant", "申请人", "Applicant"),
        ("system", "系统", "System"),
        ("platform", "平台", "Platform"),
        ("third-party:court", "第三方 court", "third party court"),
        ("agency:nobody-knows", "agency:nobody-knows", "agency:nobody-knows"),
    ],
)
def test_everybody_has_one_name(who: str, zh: str, en: str) -> None:
    assert (ZH.party(Party(who), PERMIT), EN.party(Party(who))) == (zh, en)


def test_several_have_theirs_and_nobody_a_dash() -> None:
    assert EN.parties([Party("agency:planning"), Party("applicant")]) == "Planning, Applicant"
    assert ZH.parties([]) == "—"


@pytest.mark.parametrize(
    ("step", "zh", "en"),
    [
        (f"{PERMIT}.review-planning/1", "规划审查", "Review planning"),
        (f"{PERMIT}.review-planning/2", "规划审查 (2)", "Review planning (2)"),
        ("supplement/1", "supplement/1", "supplement/1"),
        ("/", "/", "/"),
    ],
)
def test_a_step_is_called_what_the_catalogue_calls_it(step: str, zh: str, en: str) -> None:
    assert (ZH.step(step, PERMIT), EN.step(step, PERMIT)) == (zh, en)
    assert EN.step(step, "unheard-of") == step


def test_a_procedure_that_the_catalogue_lacks_keeps_its_id() -> None:
    assert EN.procedure(PERMIT) == "Construction permit (parallel approval)"
    assert ZH.procedure("unheard-of") == "unheard-of"
