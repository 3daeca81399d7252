"""Names from outside are hostile: which paths can be kept on a disk, and which would be one file there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import PurePosixPath

from scheduling_pipeline.files.model import Fault

PARTIAL = ".partial-"  # how the names of files begin that have not wholly arrived

LONGEST_NAME = 255  # bytes; so much fits a directory's entry on the usual file systems
LONGEST_PATH = 3_800  # bytes; Linux allows 4,096 for a whole path, so this leaves room for ours
SHOWN = 80  # characters of a name in a message

_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}
)
_OBJECTIONS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("is no name of a file or folder", lambda name: name in ("", ".", "..")),
    ("is not valid Unicode", re.compile("[\ud800-\udfff]").search),
    ("has control characters in it", re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]").search),
    # They turn the text around them: "a\u202evsc.exe" is shown as "aexe.csv".
    ("has characters in it that turn its direction", re.compile("[\u202a-\u202e\u2066-\u2069]").search),
    ("has a backslash in it", lambda name: "\\" in name),
    ("ends with a dot or a space", lambda name: name.endswith((".", " "))),
    ("is reserved for a device on Windows", lambda name: _stem(name) in _DEVICES),
    (f"begins with {PARTIAL} as temporary files do", lambda name: collision_key(name).startswith(PARTIAL)),
    (f"is longer than {LONGEST_NAME} bytes", lambda name: len(name.encode()) > LONGEST_NAME),
)


def safe(path: str) -> PurePosixPath:
    """The path, names joined by "/", if it can be kept on any usual file system.

    It is relative and without "." and "..", so it stays below any folder. Raises Fault that says why not.
    """
    if path.startswith("/"):
        raise Fault(f"the path {_shown(path)} is absolute")
    for name in path.split("/"):
        if reason := next((reason for reason, applies in _OBJECTIONS if applies(name)), None):
            raise Fault(f"the name {_shown(name)} {reason}")
    if len(path.encode()) > LONGEST_PATH:
        raise Fault(f"the path {_shown(path)} is longer than {LONGEST_PATH:,} bytes")
    return PurePosixPath(path)


def collision_key(path: str) -> str:
    """The same for two paths that would be one file where neither letter case nor composition counts."""
    # As Unicode defines it: decomposed before folding, since some accents fold to letters.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def _stem(name: str) -> str:
    """The name before its first dot, as Windows tells devices."""
    return name.partition(".")[0].rstrip(" ").casefold()


def _shown(text: str) -> str:
    """The text for a message: quoted and short; what cannot be printed is escaped."""
    return repr(text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…")
