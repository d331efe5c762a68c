"""The drawings in docs/drawings: ``make drawings`` writes them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from contracts.terms.directory import Directory, load_directory
from seamless.explore.check import Checked
from seamless.explore.drawing.making import drawing_of
from seamless.explore.drawing.mermaid import mermaid
from seamless.explore.drawing.model import Drawing
from seamless.explore.drawing.svg import svg
from seamless.explore.drawing.words import LANGUAGES, Words
from seamless.explore.listed import check_listed
from workflows.procedures import PROCEDURES

FOLDER = Path(__file__).parents[1] / "docs" / "drawings"
HEAD = """# Drawings of the procedures

Each procedure in each of its variants, under its newest law version, as `seamless procedure draw` draws it
from the code. [Drawing and comparing](../drawing.md) says what is shown. `make drawings` writes this page
and the pictures anew, and a test says when that is needed.
"""


def drawing(checked: Checked) -> Drawing:
    """The drawing of a procedure under its newest law version."""
    [procedure] = [each for each in PROCEDURES if each.workflow_type == checked.procedure]
    return drawing_of(procedure.workflow_type, procedure.item, checked.laws[-1])


def files(drawn: Drawing, directory: Directory) -> Iterator[tuple[str, str]]:
    """The files of one drawing, each with its name."""
    for language in LANGUAGES:
        yield f"{drawn.workflow_type}.{language}.svg", svg(Words(drawn, directory, language))
    yield f"{drawn.workflow_type}.md", page(drawn, directory)


def page(drawn: Drawing, directory: Directory) -> str:
    """The page of one drawing: the pictures, and the same as Mermaid text."""
    chinese, english = (Words(drawn, directory, language) for language in LANGUAGES)
    return (
        f"# {english.name} / {chinese.name}\n\n"
        f"Made by `make drawings`, under the law version {drawn.law.id}.\n\n"
        f"![{english.name}]({drawn.workflow_type}.en.svg)\n\n"
        f"![{chinese.name}]({drawn.workflow_type}.zh.svg)\n\n"
        f"The same as Mermaid text:\n\n```mermaid\n{mermaid(english)}```\n"
    )


def contents(drawings: Mapping[str, Drawing], directory: Directory) -> str:
    """The page that names all of them."""
    lines = [
        f"- [{Words(each, directory, 'en').name} / {Words(each, directory, 'zh').name}]({name}.md)"
        for name, each in drawings.items()
    ]
    return HEAD + "\n" + "\n".join(lines) + "\n"


def main() -> None:
    """Write them all."""
    directory = load_directory()
    drawings = {each.workflow_type: drawing(check_listed(each, directory)) for each in PROCEDURES}
    made = {"README.md": contents(drawings, directory)}
    for each in drawings.values():
        made |= dict(files(each, directory))
    FOLDER.mkdir(exist_ok=True)
    for stale in set(FOLDER.iterdir()) - {FOLDER / name for name in made}:
        stale.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
