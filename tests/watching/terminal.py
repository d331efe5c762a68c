"""What a command shows on a terminal of eighty columns, as a picture."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import re
import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

COLUMNS = 80
FONTS = "'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', Menlo, Consolas, monospace"
NOT_OURS = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", re.DOTALL)
"""What the library adds and a browser would ask others for: fonts, and its own address."""


async def on_terminal(arguments: Sequence[str], settings: Mapping[str, str]) -> str:
    """What ``seamless`` prints with these arguments, with the control sequences of a terminal."""
    ours, theirs = pty.openpty()
    environment = os.environ | settings | {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "seamless.cli.main", *arguments),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=theirs,
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(theirs)
    said = await asyncio.to_thread(_read, ours)
    await running.wait()
    return said.decode()


def _read(terminal: int) -> bytes:
    """All that comes until the other side is closed, which a terminal says with an error."""
    said = b""
    with os.fdopen(terminal, "rb", buffering=0) as stream:
        try:
            while part := stream.read(65536):
                said += part
        except OSError:
            pass
    return said


def pictured(arguments: Sequence[str], said: str) -> str:
    """The picture of what a command said, below the line that a person typed, as SVG."""
    typed = " ".join(("seamless", *arguments))
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    console.print(Text(f"$ {typed}", style="bold"))
    console.print(Text.from_ansi(said.replace("\r\n", "\n")))  # a terminal's end of line
    drawn = console.export_svg(title=typed, unique_id="terminal")
    for theirs, ours in (("Fira Code, monospace", FONTS), ("arial", "sans-serif")):
        drawn = drawn.replace(theirs, ours)
    return NOT_OURS.sub("", drawn).rstrip() + "\n"
