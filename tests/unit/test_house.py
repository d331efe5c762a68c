"""The shape of the house: every room says what it is for, and no file grows out of hand."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["root_packages"]
FILES = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text("utf-8")))


def test_no_file_is_too_long_to_read() -> None:
    lengths = {file: len(file.read_text("utf-8").splitlines()) for file in [*FILES, *TESTS]}
    assert [str(file) for file, length in lengths.items() if length > 400] == []
    assert median(length for file, length in lengths.items() if file in FILES) <= 120


def test_a_process_is_a_folder_with_a_main() -> None:
    loose = [file.name for file in (ROOT / "workers").glob("*.py")]
    assert loose == ["__init__.py"]
    processes = [folder for folder in (ROOT / "workers").iterdir() if (folder / "__init__.py").exists()]
    for folder in processes:
        if folder.name != "process":
            assert "async def run(settings: Settings) -> None:" in (folder / "main.py").read_text("utf-8")


def test_kafka_clients_are_made_in_one_place() -> None:
    makers = ("AIOKafkaConsumer(", "AIOKafkaProducer(", "AIOKafkaAdminClient(", "AIOKafkaClient(")
    made_in = {file for file in FILES for maker in makers if maker in file.read_text("utf-8")}
    assert made_in == {ROOT / "network" / "broker" / "connection.py"}
