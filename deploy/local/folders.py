"""Folders that hold personal data: accessible to their owner only."""

from __future__ import annotations

import os
from pathlib import Path

from contracts.terms.errors import InvalidInput

PRIVATE = 0o700


def private_folder(path: Path) -> Path:
    """Make a folder that nobody else may enter, unless it is there: one that a person made is left as it is.

    Raises:
        InvalidInput: it cannot be made, or not be written to.
    """
    try:
        path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    except FileExistsError:
        raise InvalidInput(
            f"{path} is a file, and the data need a directory: choose another --data"
        ) from None
    except OSError as error:
        raise InvalidInput(f"the directory {path} cannot be made: {error.strerror}") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise InvalidInput(f"the directory {path} cannot be written to: choose another --data")
    return path
