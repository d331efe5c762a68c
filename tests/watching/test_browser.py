"""The browser that takes the pictures of the documents."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import pytest

from tests.watching.browser import PROGRAM, browser

PAGE = """<html><body style="margin: 0">
<p id="part" style="margin: 0; width: 120px; height: 30px">nothing yet</p>
<script>
  setTimeout(() => { part.textContent = "overdue " + localStorage.getItem("chosen") }, 300)
</script></body></html>"""


def size(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is missing, so this was NOT checked")
async def test_a_page_is_pictured_once_it_shows_what_is_waited_for(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE, "utf-8")
    async with browser(tmp_path / "profile") as seen:
        await seen.resize(400, 300)
        await seen.keep({"chosen": ["columns"]})
        await seen.open(page.as_uri(), shows='overdue ["columns"]')
        assert size(await seen.picture()) == (400, 300)
        assert size(await seen.picture("document.getElementById('part')")) == (120, 30)
