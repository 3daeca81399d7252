"""Which names the files of a dataset have."""

from __future__ import annotations


def files(*stems: str) -> tuple[str, ...]:
    """Patterns for CSV files and workbooks that are called a stem, or begin with it and a separator.

    Workbooks of kinds that are not read are claimed too: they are reported instead of left lying.
    """
    return tuple(
        f"{stem}{rest}.{suffix}"
        for stem in stems
        for rest in ("", "[-_ .(]*")
        for suffix in ("csv", "tsv", "xls*")
    )
