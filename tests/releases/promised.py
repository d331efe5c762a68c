"""What a release promises: its recorded histories, its stored payloads, and the schema of each message."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

import contracts.wire.notices
import contracts.wire.orders  # noqa: F401 - the messages are defined on import
from contracts.attributes import KINDS
from contracts.wire.envelope import MESSAGES, Message
from tests.releases.schemas import SAYS_NOTHING
from tests.replay.record import version
from tests.replay.replaying import HISTORIES

RELEASES = Path(__file__).parent
PAYLOADS = RELEASES.parent / "payloads"


class Promised(BaseModel):
    """A release, as others have built on it.

    Attributes:
        histories, payloads: the SHA-256 of each file, by its path in ``tests/replay/histories`` and
            ``tests/payloads``.
        messages: the JSON Schema of the data of each event type.
        attributes: the search attributes, each with its type.
    """

    histories: dict[str, str]
    payloads: dict[str, str]
    messages: dict[str, dict[str, Any]]
    attributes: dict[str, str]


def promised_today() -> Promised:
    """What the code and the files of today promise."""
    return Promised(
        histories=digests(HISTORIES, f"{version()}/**/*.json"),
        payloads=digests(PAYLOADS, "v*/*.json"),
        messages={name: schema_of(message) for name, message in sorted(MESSAGES.items())},
        attributes=dict(KINDS),
    )


def releases() -> dict[str, Promised]:
    """Every release that was recorded, by its version."""
    files = sorted(RELEASES.glob("*.json"))
    return {file.stem: Promised.model_validate_json(file.read_text("utf-8")) for file in files}


def digests(folder: Path, files: str) -> dict[str, str]:
    """The SHA-256 of files, by their paths in the folder."""
    found = sorted(folder.glob(files))
    return {each.relative_to(folder).as_posix(): sha256(each.read_bytes()).hexdigest() for each in found}


def schema_of(message: type[Message]) -> dict[str, Any]:
    """The schema of what is read of a message, where a party sends it, or of what is written."""
    mode: Literal["validation", "serialization"] = (
        "serialization" if message.sender == "platform" else "validation"
    )
    schema = _spoken(message.model_json_schema(mode=mode))
    assert isinstance(schema, dict)
    return schema


def _spoken(schema: Any, names: bool = False) -> Any:
    """Without the words for people. ``names``: the keys are names of fields, whatever they are called."""
    if isinstance(schema, list):
        return [_spoken(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _spoken(value, names=key in ("properties", "$defs", "patternProperties") and not names)
        for key, value in schema.items()
        if names or key not in SAYS_NOTHING
    }
