"""A short, stable digest of plain data: the same content has the same one, on every machine."""

from __future__ import annotations

import hashlib
import json


def digest(value: object) -> str:
    """A short, stable digest of plain JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]
