"""What the report service calls its files, and where it puts them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

FOLDER = "Reports"
SLOT = timedelta(minutes=5)
"""Two files of a dataset in one slot have one name: the later overwrites the earlier."""


def slot(at: datetime) -> datetime:
    """The beginning, in UTC, of the five minutes that an instant is in."""
    at = at.astimezone(UTC)
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)


def file_name(dataset: str, at: datetime, remark: str = "", suffix: str = ".csv") -> str:
    """`<Dataset>__YYYY-MM-DD_HHMM.csv`; a person may have put a remark behind it."""
    return f"{dataset}__{slot(at):%Y-%m-%d_%H%M}{remark}{suffix}"


def report_path(dataset: str, at: datetime, remark: str = "", *, folder: str = FOLDER) -> str:
    """The path below the library's root: a folder for each day, in UTC as the name is."""
    return f"{folder}/{slot(at):%Y-%m-%d}/{file_name(dataset, at, remark)}"
