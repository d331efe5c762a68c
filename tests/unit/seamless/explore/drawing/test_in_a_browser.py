"""In a real browser each text is as wide as was computed at most, so that what holds of the computed drawings
holds of the seen ones."""

from __future__ import annotations

import json
import shutil
import subprocess
import warnings
from html import unescape
from pathlib import Path

import pytest

from seamless.explore.drawing.text import width_of
from tests.drawings import FOLDER

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MEASURE = """
<script>
const found = [];
for (const text of document.querySelectorAll("svg text")) {
  found.push([text.textContent, text.getAttribute("font-size"), text.getAttribute("font-weight"),
    text.getBBox().width]);
}
document.querySelector("#found").textContent = JSON.stringify(found);
</script>
"""
SAMPLE = "The quick brown fox jumps over the lazy dog. SPHINX OF BLACK QUARTZ, JUDGE MY VOW. 0123456789 +-()%"


def browser() -> str:
    found = next((path for each in BROWSERS if (path := shutil.which(each))), None)
    if found is None:
        told = f"there is no browser ({', '.join(BROWSERS)}): no text was really measured"
        warnings.warn(told, stacklevel=2)
        pytest.skip(told)
    return found


def measured(page: str, tmp_path: Path) -> list[tuple[str, float, bool, float]]:
    """The texts of a page: what each says, its size, whether it is bold, and how wide it is."""
    file = tmp_path / "page.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{page}<pre id=found></pre>{MEASURE}", "utf-8")
    told = subprocess.run(
        [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", file.as_uri()],
        capture_output=True, check=True, timeout=120,
    ).stdout.decode()  # fmt: skip
    found = json.loads(unescape(told.partition('<pre id="found">')[2].partition("</pre>")[0]))
    return [(text, float(size), weight == "bold", width) for text, size, weight, width in found]


def test_no_text_is_wider_than_was_reckoned(tmp_path: Path) -> None:
    pictures = [each.read_text("utf-8") for each in sorted(FOLDER.glob("*.svg"))]
    texts = measured("".join(pictures), tmp_path)
    assert len(texts) > 300
    wide = [
        (text, round(width), round(width_of(text, size, bold=bold)))
        for text, size, bold, width in texts
        if width > width_of(text, size, bold=bold) + 1
    ]
    assert wide == []


@pytest.mark.parametrize("font", ["DejaVu Sans", "Verdana", "Noto Sans", "sans-serif"])
def test_nor_is_any_letter_in_the_fonts_that_are_wide(tmp_path: Path, font: str) -> None:
    """A font that is not installed is another one here, which has to fit, too."""
    lines = "".join(
        f'<svg><text font-family="{font}" font-size="100" font-weight="{weight}">{each}</text></svg>'
        for each in (*SAMPLE.replace(" ", ""), SAMPLE, "规划审查，逾期视为同意。")
        for weight in ("normal", "bold")
    )
    texts = measured(lines, tmp_path)
    assert len(texts) > 100
    assert [
        (text, width) for text, size, bold, width in texts if width > width_of(text, size, bold=bold) + 1
    ] == []
