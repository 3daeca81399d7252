"""Small pieces of what a person sees of a run: tables, previews, checks and content versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import pandas as pd

from scheduling_pipeline.digest import digest

PREVIEW_ROWS = 25
PARTS = "by part"  # of a check that judges several things, each by itself: the problem of each, or ""
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def check(
    name: str,
    lines: Sequence[str],
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN,
    **metadata: dg.MetadataValue[Any],
) -> dg.AssetCheckResult:
    """A check that passes when there is nothing to say; `lines` say what is wrong, one thing each."""
    return dg.AssetCheckResult(
        check_name=name,
        passed=not lines,
        severity=severity,
        description=_paragraph(lines) or None,
        metadata={"found": len(lines), "what": dg.MetadataValue.md(_bullets(lines)), **metadata},
    )


def table(rows: Sequence[Mapping[str, Any]]) -> dg.MetadataValue[Any]:
    """The first rows as a table; a last one says how many more there are."""
    if not rows:
        return dg.MetadataValue.text("none")
    shown = [dict(row) for row in rows[:PREVIEW_ROWS]]
    if len(rows) > PREVIEW_ROWS:
        first, *others = rows[0]
        shown.append({first: f"and {len(rows) - PREVIEW_ROWS} more", **dict.fromkeys(others, "")})
    return dg.MetadataValue.table([dg.TableRecord(row) for row in shown])


def preview(frame: pd.DataFrame, **columns: str) -> dg.MetadataValue[Any]:
    """The first rows of a frame, as heading=column; `starts_at` is shown in the event's own zone."""
    rows = frame.head(PREVIEW_ROWS).to_dict("records")
    return table([{heading: _cell(row, name) for heading, name in columns.items()} for row in rows])


def lessons_by_day(frame: pd.DataFrame) -> dg.MetadataValue[Any]:
    """How many lessons each weekday of each week has: a small table that shows a holiday at a glance."""
    if frame.empty:
        return dg.MetadataValue.text("no lessons")
    local = [start.tz_convert(zone) for start, zone in zip(frame["starts_at"], frame["zone"], strict=True)]
    days = pd.Categorical([f"{day:%a}" for day in local], WEEKDAYS)
    counts = pd.crosstab(frame["monday"].astype(str).rename("week of"), days, dropna=False)
    return dg.MetadataValue.md(str(counts.to_markdown()))


def frame_version(frame: pd.DataFrame, conclusions: object) -> dg.DataVersion:
    """A version made of content alone, so that unchanged input shows as unchanged."""
    rows = sorted(str(list(row.values())) for row in frame.to_dict("records"))
    return dg.DataVersion(digest([rows, conclusions]))


def _paragraph(lines: Sequence[str]) -> str:
    more = [f"and {len(lines) - PREVIEW_ROWS} more"] if len(lines) > PREVIEW_ROWS else []
    return ";\n".join([*lines[:PREVIEW_ROWS], *more])


def _bullets(lines: Sequence[str]) -> str:
    """A description is shown as one paragraph; a list is what a person can read."""
    return "\n".join(f"- {line}" for line in lines[:PREVIEW_ROWS]) or "nothing"


def _cell(row: Mapping[Any, Any], name: str) -> Any:  # noqa: ANN401 - a cell of a frame
    value = row[name]
    if name == "starts_at":
        return f"{value.tz_convert(row['zone']):%a %d %b %Y %H:%M %Z}"
    return ", ".join(map(str, value)) if isinstance(value, list) else value
