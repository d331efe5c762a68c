"""A new procedure is written whole, or not at all: by names that nobody here has chosen."""

from __future__ import annotations

import keyword
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import ProcedureId
from seamless.authoring.lists import with_import, with_member
from seamless.authoring.scaffold import CATALOGUE, PROCEDURES, Scaffolded, scaffold
from tests.unit.seamless.cli.running import command

ROOT = Path(__file__).parents[4]
THERE = sorted(path.stem.replace("_", "-") for path in (ROOT / "workflows").iterdir())
NAMES = st.one_of(
    st.from_regex(f"(?:{ProcedureId.pattern})", fullmatch=True).map(lambda name: name[:40].strip("-")),
    st.sampled_from([*keyword.kwlist, *THERE]),
    st.lists(st.sampled_from([*keyword.kwlist, "grant", "case", "7", "b2b"]), min_size=1, max_size=9).map(
        lambda words: "-".join(words).lower()[:40].strip("-")
    ),
)
TITLES = st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable() and bool(text.strip()))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As much of the repository as a scaffold needs."""
    root = tmp_path_factory.mktemp("checkout")
    for each in ("contracts", "workflows"):
        shutil.copytree(ROOT / each, root / each, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "tests/cases").mkdir(parents=True)
    for each in ("pyproject.toml", "tests/cases/conftest.py"):
        shutil.copy(ROOT / each, root / each)
    return root


def files(root: Path) -> dict[Path, str]:
    places = [
        *root.glob("workflows/*.py"),
        *root.glob("contracts/procedures/*.py"),
        *root.glob("tests/cases/*"),
    ]
    return {path: path.read_text("utf-8") for path in places}


def put_back(root: Path, before: dict[Path, str]) -> None:
    for path in files(root):
        path.write_text(before[path], "utf-8") if path in before else path.unlink()


def ruff(root: Path, *words: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "ruff", *words], cwd=root, capture_output=True, text=True, check=False
    )
    return ran.stdout + ran.stderr if ran.returncode else ""


@settings(max_examples=15, deadline=None)
@given(NAMES, TITLES, TITLES)
@example("7-days", "七天", "Seven days")
@example("a" * 40, "长", '"quoted" and \\ more')
@example("grant", "准", "Grant")
@example("case", "案", "Case")
@example("i", "一", "I")
@example("true", "真", "True")
def test_it_is_written_in_order_or_refused_and_nothing_is_written(
    checkout: Path, name: str, title_zh: str, title_en: str
) -> None:
    before = files(checkout)
    try:
        written = scaffold(checkout, name, title_zh=title_zh, title_en=title_en)
    except InvalidInput:
        assert files(checkout) == before
        return
    try:
        assert_in_order(checkout, before, written)
        after = files(checkout)
        with pytest.raises(InvalidInput, match="there already"):
            scaffold(checkout, name)
        assert files(checkout) == after
    finally:
        put_back(checkout, before)


def assert_in_order(checkout: Path, before: dict[Path, str], written: Scaffolded) -> None:
    touched = [str(each) for each in (*written.new, *written.changed)]
    assert written.formatted
    assert {str(each.relative_to(checkout)) for each in files(checkout).keys() - before.keys()} == {
        str(each) for each in written.new
    }
    assert ruff(checkout, "check", *touched) == ""
    assert ruff(checkout, "format", "--check", *touched) == ""
    for path in (CATALOGUE, PROCEDURES):
        lines = set((checkout / path).read_text("utf-8").split())
        assert set(before[checkout / path].split()) - {"(", ")"} <= lines | {
            each.rstrip(",") for each in lines
        }


@pytest.mark.parametrize(
    "name", ["tree-felling", "Dog", "dog_licence", "", "-a", "a-", "import", "ä", "a" * 41]
)
def test_a_name_that_cannot_be_is_refused_with_a_remedy(checkout: Path, name: str) -> None:
    before = files(checkout)
    with pytest.raises(InvalidInput):
        scaffold(checkout, name)
    assert files(checkout) == before


@pytest.mark.parametrize("agency", ["drainage", "nobody"])
def test_an_agency_that_cannot_be_asked_is_refused(checkout: Path, agency: str) -> None:
    """Drainage answers by a check, and there is none for it."""
    with pytest.raises(InvalidInput, match="there are: housing"):
        scaffold(checkout, "dog-licence", agency=agency)


@pytest.mark.parametrize("title", ["", " ", "x" * 41, "two\nlines", "\x1b[31m"])
def test_a_title_that_cannot_be_read_is_refused(checkout: Path, title: str) -> None:
    with pytest.raises(InvalidInput, match="no title"):
        scaffold(checkout, "dog-licence", title_en=title)


def test_a_folder_that_is_not_a_checkout_is_refused(tmp_path: Path) -> None:
    said = command("procedure", "new", "dog-licence", "--folder", tmp_path)
    assert (said.code, "is not a checkout of Seamless" in said.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_it_wrote_and_what_to_do(checkout: Path) -> None:
    before = files(checkout)
    try:
        said = command("procedure", "new", "dog-licence", "--title-zh", "养犬登记", "--folder", checkout)
    finally:
        contract = (checkout / "contracts/procedures/dog_licence.py").read_text("utf-8")
        put_back(checkout, before)
    assert said.code == 0
    assert "workflows/dog_licence.py" in said.out
    assert "seamless procedure check dog-licence" in said.out
    assert 'zh="养犬登记"' in contract
    assert 'en="Dog licence"' in contract


# --- the lists ----------------------------------------------------------------------------------------------


@pytest.fixture
def lists() -> tuple[str, str]:
    return (ROOT / CATALOGUE).read_text("utf-8"), (ROOT / PROCEDURES).read_text("utf-8")


def test_a_name_is_added_once(lists: tuple[str, str]) -> None:
    for source, assigned in zip(lists, ("CATALOGUE", "PROCEDURES"), strict=True):
        once = with_member(source, assigned, "Fresh", "it")
        assert once.count("Fresh") == 1
        assert with_member(once, assigned, "Fresh", "it") == once
        imported = with_import(once, "workflows.fresh", "Fresh")
        assert with_import(imported, "workflows.fresh", "Fresh") == imported
        compile(imported, "it", "exec")


def test_a_list_that_is_no_longer_there_is_reported() -> None:
    with pytest.raises(InvalidInput, match="add Added by hand"):
        with_member("CATALOGUE = {}\n", "CATALOGUE", "Added", "catalogue.py")


@pytest.mark.parametrize(
    "source", ["X = f(A)\n", "X = f(A, B,)\n", "X = f(\n    A,\n    B,\n)\n", "X = f((A, B), C)\n"]
)
def test_a_list_may_be_written_in_any_way(source: str) -> None:
    made = with_member(source, "X", "AA", "it")
    assert "AA" in made
    compile(made, "it", "exec")
