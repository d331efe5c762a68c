"""Running commands in this process, whatever they end in, so wide that no line is broken."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, NamedTuple, NoReturn
from unittest import mock

from contracts.terms.errors import SeamlessError
from seamless.cli.main import main
from workers.process import ending
from workers.process.terminal import visible

NOBODY = "127.0.0.1:1"
NO_LIMIT = "99999"


class Said(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def drives_the_terminal(self) -> list[str]:
        """The characters of it that are no text."""
        both = self.out + self.err
        return [each for each in both if visible(each, lines=True) != each]


def command(*arguments: object, columns: str = NO_LIMIT, **settings: str) -> Said:
    """Run a command as its script does, but in this process.

    Args:
        settings: environment variables.
    """
    out, err = io.StringIO(), io.StringIO()
    servers = {"SEAMLESS_KAFKA": NOBODY, "SEAMLESS_TEMPORAL": NOBODY, "COLUMNS": columns, "LC_ALL": "C.UTF-8"}
    with (
        mock.patch.dict(os.environ, servers | settings),
        mock.patch.object(sys, "argv", ["seamless", *map(str, arguments)]),
        mock.patch("workers.process.run.run_main", _run_main),
        mock.patch("workers.process.logs.configure_logs"),
        mock.patch.object(ending, "configure_logs"),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            return Said(int(ended.code or 0), out.getvalue(), err.getvalue())


def _run_main(
    main: Callable[[], Coroutine[Any, Any, int | None]], *, exit_code_of: Callable[[SeamlessError], int]
) -> NoReturn:
    try:
        code = asyncio.run(main()) or 0  # type: ignore[arg-type]
    except BaseException as error:
        code = ending.code_after(error, exit_code_of)
    sys.exit(code)
