"""What ``seamless measure`` shows: findings in sentences, then tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.padding import Padding
from rich.table import Column, Table

from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.directory import Directory
from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import APPLICANT, Party
from seamless.cli.console import INDENT, Console, line
from seamless.cli.names import Language, Names, language
from seamless.rebuild.figures import Figure
from seamless.rebuild.telling import Section, Told
from workers.process.settings import Settings


class Named:
    """What the catalogue and the directory call the parties and steps of a procedure; of a log from
    elsewhere, what it calls them itself."""

    def __init__(self, directory: Directory, language: Language, procedure: str) -> None:
        self._names, self._procedure = Names(directory, language), procedure
        self._known = procedure in CATALOGUE  # which no file is: its name has a dot

    def party(self, party: str) -> str:
        """An agency, a third party, the applicant."""
        try:
            known = self._known or party == APPLICANT
            return self._names.party(Party(party), self._procedure) if known else party
        except ValueError:
            return party

    def step(self, step: str) -> str:
        """A step."""
        return self._names.step(step, self._procedure) if self._known else step

    def outcome(self, code: str) -> str:
        """How a step ended."""
        item = CATALOGUE.get(self._procedure)
        name = item.outcomes.get(code) if item else None
        return self._names.text(name) if name else code

    def procedure(self, name: str) -> str:
        """The procedure."""
        return self._names.procedure(name)


def show(
    found: Figure,
    told: Callable[[Language, Named], Told],
    settings: Settings,
    lang: Language | None,
    name: str,
    *,
    as_json: bool,
) -> None:
    """Show what was found: its figures for a program, or told in a language.

    Args:
        told: tells it.
        name: the procedure, or the file.
    """
    if as_json:
        Console().json(found.model_dump(mode="json"))
    else:
        chosen = language(lang)
        print_measured(Console(), told(chosen, Named(settings.directory, chosen, name)))


def write_page(file: Path, text: str) -> None:
    """Write the page that ``--html`` asks for.

    Raises:
        InvalidInput: it cannot be written there.
    """
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise InvalidInput(f"--html: cannot write {file}: {error.strerror or error}") from None


def print_measured(console: Console, told: Told) -> None:
    """Print what was measured."""
    console.print(line((told.title, "bold")))
    console.print(line((told.subtitle, "dim")))
    for finding in told.findings:
        console.print()
        console.print(line(finding))
    for section in told.sections:
        print_section(console, section)


def print_section(console: Console, section: Section) -> None:
    """Print a table, with its title and notes."""
    console.print()
    console.print(line((section.title, "bold")))
    for note in section.notes:
        console.print(Padding(line((note, "dim")), (0, 0, 0, INDENT)))
    if section.rows:
        columns = (Column(name, overflow="fold") for name in section.header)
        table = Table(*columns, box=None, pad_edge=False)
        for row in section.rows:
            table.add_row(*(line(cell) for cell in row))
        console.print(Padding(table, (0, 0, 0, INDENT)))
