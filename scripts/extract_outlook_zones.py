"""Derives resources/windows_zones.json (Windows zone name -> its IANA names, the usual one first) from CLDR.

The data come by way of tzlocal, whose table is generated from CLDR's windowsZones.xml:

    python scripts/extract_outlook_zones.py > resources/windows_zones.json
"""

from __future__ import annotations

import json
import sys

from tzlocal.windows_tz import tz_win, win_tz


def main() -> None:
    zones: dict[str, list[str]] = {windows: [usual] for windows, usual in sorted(win_tz.items())}
    for iana, windows in sorted(tz_win.items()):
        if iana not in zones[windows]:
            zones[windows].append(iana)
    lines = (f" {json.dumps(windows)}: {json.dumps(names)}" for windows, names in zones.items())
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
