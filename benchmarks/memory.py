"""How much memory this process uses, as Linux counts it.

Not `getrusage`: what it says of a process begins with the memory of the one that started it.
"""

from __future__ import annotations

from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_megabytes() -> float:
    """The most that was in use at a time."""
    (line,) = (line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
