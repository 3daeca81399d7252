"""What the ledger would hold once changes were carried out, without a database or a provider."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from scheduling_pipeline.calendars.model import Change, ChangeKind, LedgerEvent, WeeklyRule
from tests.calendars.builders import standing


def after_applying(changes: Iterable[Change], ledger: Iterable[LedgerEvent]) -> list[LedgerEvent]:
    """The live rows after `changes`, with a fresh generation for whatever is made anew."""
    rows = list(ledger)
    for change in changes:
        if change.before is not None:
            rows.remove(change.before)
        if change.kind is ChangeKind.SPLIT and change.before is not None:
            ended = replace(change.before.content, rrule=WeeklyRule(change.until))
            rows.append(replace(change.before, content=ended))
        if change.after is None:
            continue
        if change.before is not None and change.kind is not ChangeKind.SPLIT:
            rows.append(replace(change.before, content=change.after.content))
        else:
            taken = [row.generation for row in rows if row.uid == change.uid]
            rows.append(standing(change.after, max(taken, default=0) + 1))
    return rows
