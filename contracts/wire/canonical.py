"""The digest of a value: the same for everybody who writes it as canonical JSON (RFC 8785)."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785


def sha256(value: Any) -> str:
    """SHA-256 of the canonical JSON of ``value``, in hexadecimal."""
    return hashlib.sha256(rfc8785.dumps(value)).hexdigest()
