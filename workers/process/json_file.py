"""Reading a file of JSON that a person gives."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from contracts.terms.errors import InvalidInput
from contracts.wire.envelope import each_once


def read_json(file: str | Path, *, what: str, most: int, stream: BinaryIO | None = None) -> Any:
    """What a file says.

    Args:
        what: what it ought to be, for the error.
        most: how many bytes it may have.
        stream: is read in the place of the file.

    Raises:
        InvalidInput: it cannot be read, is too large or no JSON.
        Refusal: a name stands twice in one object.
    """
    try:
        with nullcontext(stream) if stream else Path(file).open("rb") as source:
            text = source.read(most + 1)
    except OSError as error:
        raise InvalidInput(f"cannot read {file}: {error.strerror}") from None
    if len(text) > most:
        raise InvalidInput(f"{file} is no {what}: it has more than {most} bytes")
    try:
        return json.loads(text, object_pairs_hook=each_once)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidInput(f"{file} is not JSON: {error.msg} at {place}") from None
    except (UnicodeDecodeError, RecursionError, ValueError):
        raise InvalidInput(f"{file} is not JSON in UTF-8, or is nested too deep") from None
