"""A browser without a window, which looks at a page as a person would see it, and keeps what it saw."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

PROGRAM = "chromium-headless-shell"
"""Debian's package of the same name."""

SHOWN_SECONDS = 30.0
DRAWN_SECONDS = 2.0
LOOK_SECONDS = 0.1
LARGEST = 64 * 1024 * 1024
"""Bytes of one message: a picture is one."""


class Browser:
    """One page. It is driven by Chromium's DevTools protocol: JSON between two pipes, each message ended by a
    zero byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._session = ""

    async def attach(self) -> None:
        """Open the page."""
        target = await self._tell("Target.createTarget", url="about:blank")
        attached = await self._tell("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        await self._tell("Page.enable")

    async def resize(self, width: int, height: int) -> None:
        """Give the page so many pixels."""
        await self._tell(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def keep(self, stored: dict[str, object]) -> None:
        """What pages from now on find in their local storage, as if a person had chosen it before."""
        puts = "".join(
            f"localStorage.setItem({json.dumps(name)}, {json.dumps(json.dumps(value))});"
            for name, value in stored.items()
        )
        await self._tell("Page.addScriptToEvaluateOnNewDocument", source=puts)

    async def open(self, address: str, *, shows: str) -> None:
        """Go to an address, and return once the page shows a text and has had time to draw the rest. It need
        not come to rest: a case that runs is shown as it goes on.

        Raises:
            AssertionError: it does not within half a minute; says what it shows.
        """
        await self._tell("Page.navigate", url=address)
        clock = asyncio.get_running_loop().time
        end = clock() + SHOWN_SECONDS
        while shows not in (text := str(await self.run("document.body?.innerText"))):
            assert clock() < end, f"no {shows!r} on the page, but: {text}"
            await asyncio.sleep(LOOK_SECONDS)
        await asyncio.sleep(DRAWN_SECONDS)

    async def run(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        said = await self._tell("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    async def picture(self, part: str | None = None) -> bytes:
        """The page as PNG.

        Args:
            part: a JavaScript expression of the element that is wanted; without it, all that is in view.
        """
        clip = {}
        if part is not None:
            rect = await self.run(
                f"(() => {{ const {{x, y, width, height}} = ({part}).getBoundingClientRect(); "
                "return {x, y, width, height, scale: 1} })()"
            )
            clip = {"clip": rect}
        taken = await self._tell("Page.captureScreenshot", format="png", **clip)
        return base64.b64decode(taken["data"])

    async def close(self) -> None:
        """End the browser, and with it its page."""
        await self._tell("Browser.close")

    async def _tell(self, method: str, **params: object) -> dict[str, Any]:
        number = next(self._numbers)
        said = {"id": number, "method": method, "params": params}
        if self._session:
            said["sessionId"] = self._session
        self._writer.write(json.dumps(said).encode() + b"\0")
        while True:  # what is no answer tells of events
            heard = json.loads((await self._reader.readuntil(b"\0"))[:-1])
            if heard.get("id") == number:
                assert "error" not in heard, f"{method}: {heard['error']}"
                result: dict[str, Any] = heard["result"]
                return result


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Browser]:
    """A browser that nobody has used before, whose clock shows UTC.

    Args:
        folder: an empty one, for its profile.
    """
    program = shutil.which(PROGRAM)
    assert program is not None, f"{PROGRAM} is missing: apt-get install --no-install-recommends {PROGRAM}"
    # It reads commands from its descriptor 3 and writes to its descriptor 4. Its sandbox is not for root, and
    # it opens nothing but pages of ours.
    piped = ["sh", "-c", 'exec "$@" 3<&0 4>&1 0</dev/null 1>/dev/null 2>&1', "sh"]
    options = ["--remote-debugging-pipe", f"--user-data-dir={folder}", "--no-sandbox", "--hide-scrollbars"]
    child = await asyncio.create_subprocess_exec(
        *piped, program, *options, stdin=PIPE, stdout=PIPE, env=os.environ | {"TZ": "UTC"}, limit=LARGEST
    )
    assert child.stdin is not None
    assert child.stdout is not None
    page = Browser(child.stdout, child.stdin)
    try:
        await page.attach()
        yield page
    finally:
        await page.close()
        await child.wait()
