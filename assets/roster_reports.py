"""What a run of the field roster says of itself: counts, tables, a picture, checks.

A check reports; it does not protect. What must not happen is prevented where the planner is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg
from sqlalchemy import Engine

from assets.metadata import check, table
from assets.roster_plot import Bar, picture
from scheduling_pipeline.roster.audit import RosterAudit, Severity
from scheduling_pipeline.roster.imports import Imported
from scheduling_pipeline.roster.proposals import Made
from scheduling_pipeline.roster.refresh import Refreshed
from scheduling_pipeline.roster.rows import Kind, ProposalRow, Slot, load_rows, load_standing
from scheduling_pipeline.roster.submission import Submitted
from scheduling_pipeline.roster.times import day_of
from scheduling_pipeline.roster.workforce import WorkforceRefreshed
from scheduling_pipeline.roster_settings import DeskSettings, RosterSettings

ERROR = dg.AssetCheckSeverity.ERROR
DAYS_SHOWN = 14
AUDITED = "crossmark_schedule"
if TYPE_CHECKING:
    Result = dg.MaterializeResult[None]
else:
    Result = dg.MaterializeResult  # the only form Dagster takes for an asset with checks


def _spec(asset: str, name: str, description: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(name, asset=asset, description=description)


WORKFORCE_CHECKS = [_spec("workforce", "listed", "Everybody who is active is listed by Crossmark.")]
EVENT_CHECKS = [_spec("crossmark_events", "events", "Every event could be understood and paired.")]
IMPORT_CHECKS = [_spec("roster_imports", "rows", "No row of the exports has the number of another one.")]
PROPOSAL_CHECKS = [
    _spec("roster_proposal", "placed", "Every event that was due for a place has one."),
    _spec("roster_proposal", "best", "It is proven that no better roster exists."),
    _spec("roster_proposal", "edits", "Every edit of a manager could be carried over."),
]
SCHEDULE_CHECKS = [
    _spec("crossmark_schedule", "submitted", "Every approved row stands in Crossmark."),
]
AUDIT_CHECKS = [
    _spec(
        "crossmark_schedule", "critical", "Nothing is wrong with the roster that somebody must see to now."
    ),
    _spec("crossmark_schedule", "warnings", "Nothing about the roster is unusual."),
]


def workforce(context: dg.AssetExecutionContext, done: WorkforceRefreshed) -> Result:
    """Who came, and who is no longer listed."""
    missing = [
        f"{name}: not listed by Crossmark any more; if they left, say so on the desk"
        for name in done.not_listed
    ]
    return _result(
        context,
        [check("listed", missing)],
        metadata={**done.counts, "new people": table([{"name": name} for name in done.new])},
    )


def events(context: dg.AssetExecutionContext, done: Refreshed) -> Result:
    """What changed in Crossmark."""
    problems = [
        f"{words.replace('_', ' ')}: {len(refs)}, such as {', '.join(map(str, refs[:5]))}"
        for words, refs in done.problems.items()
        if refs
    ]
    return _result(
        context,
        [check("events", problems)],
        metadata={
            **done.counts,
            "by kind": table(
                [
                    {"problem": words.replace("_", " "), "events": len(refs)}
                    for words, refs in done.problems.items()
                ]
            ),
        },
    )


def imports(context: dg.AssetExecutionContext, done: Imported) -> Result:
    """What the exports brought."""
    twice = done.skipped.get("twice", 0)
    return _result(
        context,
        [check("rows", [f"{twice} rows have a number that an earlier row has"] if twice else [])],
        metadata={
            "events new": done.events_new,
            "events changed": done.events_changed,
            "visits new": done.schedules_new,
            "visits changed": done.schedules_changed,
            "people new": done.people_new,
            "rows skipped": table([{"why": why, "rows": count} for why, count in done.skipped.items()]),
        },
    )


def proposal(
    context: dg.AssetExecutionContext,
    made: Made,
    purged: int,
    settings: RosterSettings,
    desk: DeskSettings,
    engine: Engine,
) -> Result:
    """What is proposed, with a picture of the coming days."""
    with engine.connect() as connection:
        rows = load_rows(connection, made.run_id, settings.tz, settings.rules.minutes)
    failed = [row for row in rows if row.place is None]
    kinds = Counter(row.kind for row in rows)
    broken = [
        f"{row.event}: {row.explanation['broken_pin']['sentence']}"
        for row in rows
        if "broken_pin" in row.explanation
    ]
    unproven = [] if made.proven else ["the search ended at its limit before nothing better could be proven"]
    return _result(
        context,
        [
            check("placed", [f"{row.event}: {row.failure_reason}" for row in failed]),
            check("best", unproven),
            check("edits", broken),
        ],
        data_version=dg.DataVersion(made.revision),
        metadata={
            "proposal": made.run_id,
            "review": dg.MetadataValue.url(f"{desk.url}/auto-schedule/review?run_id={made.run_id}"),
            "events placed": made.counts.scheduled,
            "events that need a swap": made.counts.swaps,
            "events moved": kinds[Kind.MOVED],
            "events taken off": kinds[Kind.DROPPED],
            "events without a place": made.counts.failed,
            "events left out": made.counts.skipped,
            "edits carried over": made.carried,
            "seconds": made.seconds,
            "objective": dg.MetadataValue.json(dict(made.objective)),
            "reasons": table(
                [
                    {"reason": code, "events": count, "such as": _example(failed, code)}
                    for code, count in Counter(row.failure_code for row in failed).most_common()
                ]
            ),
            "coming days": dg.MetadataValue.md(_coming_days(rows, settings, engine)),
            "rows": table([_shown(row) for row in rows if row.place]),
            "superseded proposals": ", ".join(map(str, made.superseded)) or "none",
            "old proposals removed": purged,
        },
    )


def schedule(context: dg.AssetExecutionContext, submitted: Sequence[Submitted], desk: DeskSettings) -> Result:
    """What became of the approved rows. Raises dg.Failure when none could be submitted."""
    refused = [row for one in submitted for row in one.failures]
    counts = Counter[str]()
    for one in submitted:
        counts.update(one.counts)
    if refused and not counts["submitted"]:
        raise dg.Failure(
            f"nothing could be submitted: {refused[0].problem}",
            metadata={"not submitted": len(refused)},
            allow_retries=False,
        )
    checks = [check("submitted", [f"event {row.event}: {row.problem}" for row in refused])]
    metadata: dict[str, Any] = {
        "approvals": len(submitted),
        **{f"rows {word}": count for word, count in counts.items()},
        "not submitted": table([{"event": row.event, "problem": row.problem} for row in refused]),
        "history": dg.MetadataValue.url(f"{desk.url}/auto-schedule/history"),
    }
    return _result(context, checks, metadata=metadata)


def audited(found: RosterAudit) -> Iterator[dg.AssetCheckResult]:
    """The audit's findings, and the health score."""
    of = {
        severity: [finding.sentence for finding in found.findings if finding.severity is severity]
        for severity in Severity
    }
    health: dict[str, dg.MetadataValue[Any]] = {"health": dg.MetadataValue.int(found.health)}
    for name, severity, grade in (
        ("critical", Severity.CRITICAL, ERROR),
        ("warnings", Severity.WARNING, dg.AssetCheckSeverity.WARN),
    ):
        result = check(name, of[severity], grade, **health)
        yield result._replace(asset_key=dg.AssetKey(AUDITED))


def _coming_days(rows: Sequence[ProposalRow], settings: RosterSettings, engine: Engine) -> str:
    """The picture of the days that the proposal is about: what stands and stays, what is new, what moves."""
    placed = [(row, row.place) for row in rows if row.place]
    if not placed:
        return "nothing new is proposed"
    first = min(day_of(place.start, settings.tz) for _, place in placed)
    days = [first + timedelta(days=number) for number in range(DAYS_SHOWN)]
    with engine.connect() as connection:
        standing = load_standing(connection, days[0], days[-1], settings.tz, settings.rules.minutes)
    about = {row.event_ref for row in rows}
    bars = [
        *(
            _bar(one.place, one.event, one.minutes, "stands")
            for one in standing
            if one.event_ref not in about
        ),
        *(_bar(place, row.event, row.minutes, "moved" if row.previous else "new") for row, place in placed),
    ]
    return picture(bars, sorted({bar.person for bar in bars}), days)


def _bar(place: Slot, title: str, minutes: int, kind: str) -> Bar:
    return Bar(place.employee, place.start.date(), place.start.time(), minutes, title, kind)


def _shown(row: ProposalRow) -> dict[str, Any]:
    return {
        "what": row.kind.value,
        "event": row.event,
        "who": row.place.employee if row.place else "",
        "when": _when(row.place),
        "before": _when(row.previous),
        "why": row.swap_reason,
    }


def _when(place: Slot | None) -> str:
    return f"{place.start:%a %d %b %Y %H:%M %Z}" if place else ""


def _example(rows: Sequence[ProposalRow], code: str) -> str:
    return next(row.failure_reason for row in rows if row.failure_code == code)


def _result(
    context: dg.AssetExecutionContext,
    checks: Sequence[dg.AssetCheckResult],
    **options: Any,  # noqa: ANN401
) -> Result:
    """The result; a run in which something was left undone or waits for a person is tagged as degraded."""
    if not all(one.passed for one in checks):
        context.instance.add_run_tags(context.run.run_id, {"degraded": "true"})
    return dg.MaterializeResult(check_results=checks, **options)
