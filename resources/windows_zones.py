"""Time zones by the names Outlook uses for them: Windows' names, from CLDR's table of equals.

Every Windows name is accepted by Microsoft Graph, of the IANA names only some; and whichever was written,
the Windows name may come back.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import orjson

_IANA_NAMES: dict[str, list[str]] = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
_WINDOWS_NAMES = {iana: windows for windows, names in _IANA_NAMES.items() for iana in names}


@cache
def windows_name(name: str) -> str:
    """The Windows name of an IANA zone; any other name as it is, for Graph to judge."""
    return _WINDOWS_NAMES.get(name, name)


@cache
def iana_name(name: str) -> str | None:
    """The usual IANA name for a Windows name; an IANA name as it is; None for a name that means nothing."""
    if name in _IANA_NAMES:
        return _IANA_NAMES[name][0]
    return name if name in _WINDOWS_NAMES else None
