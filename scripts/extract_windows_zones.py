"""Derives the Graph simulator's windows_zones.json (Windows zone name -> IANA zone name) from CLDR data.

The data come by way of tzlocal, whose table is generated from CLDR's windowsZones.xml:

    python scripts/extract_windows_zones.py > scheduling_pipeline/simulators/graph/windows_zones.json
"""

from __future__ import annotations

import json
import sys

from tzlocal.windows_tz import win_tz


def main() -> None:
    sys.stdout.write(json.dumps(dict(sorted(win_tz.items())), indent=1) + "\n")


if __name__ == "__main__":
    main()
