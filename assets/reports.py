"""What a person sees of a run of the teacher calendars: metadata, tables and checks, in plain English.

A check reports; it does not protect. What must not happen is prevented where calendars are written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg
import pandas as pd

from assets.agendas import Work, joined
from scheduling_pipeline.calendars.apply import Applied
from scheduling_pipeline.calendars.brake import LARGEST_SHARE, SMALLEST_COUNT
from scheduling_pipeline.calendars.frames import changes_to_frame, events_to_frame, ledger_to_frame
from scheduling_pipeline.calendars.model import LedgerEvent, digest
from scheduling_pipeline.teacher_calendars import AgendaPlan, TimetableRead
from scheduling_pipeline.timetable.accounts import Account
from scheduling_pipeline.timetable.events import Desired
from scheduling_pipeline.timetable.frames import desired_context, lessons_to_frame, weeks_context
from scheduling_pipeline.timetable.model import Agenda, WeekReading
from scheduling_pipeline.timetable.overlaps import overlaps
from scheduling_pipeline.timetable.readings import StoredWeek
from scheduling_pipeline.timetable.teachers import UnmatchedSince

PREVIEW_ROWS = 25
DATA_VERSION = "dagster/data_version"  # the tag in which Dagster keeps it
WARN = dg.AssetCheckSeverity.WARN
ERROR = dg.AssetCheckSeverity.ERROR
if TYPE_CHECKING:
    FrameResult = dg.MaterializeResult[pd.DataFrame]
else:
    FrameResult = dg.MaterializeResult  # the only form Dagster takes for an asset with checks

TIMETABLE_CHECKS = [
    dg.AssetCheckSpec(
        "complete_reading", asset="timetable", description="Every week asked for was read whole."
    ),
    dg.AssetCheckSpec(
        "size", asset="timetable", description="No week lost a suspicious share of its lessons."
    ),
]
EVENT_CHECKS = [
    dg.AssetCheckSpec(
        "matched_teachers", asset="outlook_events", description="Every teacher has an account."
    ),
    dg.AssetCheckSpec(
        "no_overlaps", asset="outlook_events", description="Nobody teaches two lessons at once."
    ),
]
CHANGE_CHECKS = [
    dg.AssetCheckSpec("brake", asset="outlook_changes", description="No removal waits for a person."),
    dg.AssetCheckSpec("drift", asset="outlook_changes", description="Nobody changed our events by hand."),
]
CALENDAR_CHECKS = [
    dg.AssetCheckSpec("all_written", asset="outlook_calendars", description="Every change was written."),
]


def timetable(
    context: dg.AssetExecutionContext, agendas: Sequence[Agenda], read: Mapping[str, TimetableRead]
) -> FrameResult:
    """The lessons of the last good readings, with what this run read and what it could not."""
    by_key = {agenda.key: agenda for agenda in agendas}
    good = {key: found.good for key, found in read.items()}
    frame = joined(
        [lessons_to_frame(by_key[key], weeks) for key, weeks in good.items()],
        {key: {"weeks": weeks_context(weeks)} for key, weeks in good.items()},
    )
    weeks = [week for found in read.values() for week in found.reading.weeks]
    failed = [week for week in weeks if not week.complete]
    unknown = [lesson for week in weeks for lesson in week.unknown]
    problems = [f"{week.agenda}, week of {week.monday}: {week.problem}" for week in failed]
    if unknown:
        problems.append(f"{len(unknown)} lessons whose teacher could not be read: what stands for them stays")
    shrunken = [line for found in read.values() for line in _shrunken(found.before, found.reading.weeks)]
    for key, found in read.items():
        context.add_asset_metadata(_timetable_counts(found), partition_key=key)
    checks = [
        _check("complete_reading", problems, severity=ERROR if failed else WARN),
        _check("size", shrunken),
    ]
    version = _frame_version(frame.drop(columns=["reading"]), sorted(map(str, frame.attrs)))
    metadata = {
        "weeks": _table([_week_row(week) for week in weeks]),
        "lessons by day": dg.MetadataValue.md(_by_day(frame)),
    }
    return _result(context, frame, version, metadata, checks)


def events(
    context: dg.AssetExecutionContext,
    desired: Work[tuple[list[StoredWeek], Desired]],
    since: Mapping[str, Sequence[UnmatchedSince]],
    accounts: Sequence[Account],
) -> FrameResult:
    """The desired events, with who has no account and which lessons overlap."""
    names = {account.calendar: account.display_name for account in accounts}
    attrs = {key: desired_context(found, weeks) for key, (weeks, found) in desired.values.items()}
    frame = joined([events_to_frame(found.events, names) for _, found in desired.values.values()], attrs)
    unmatched = [
        {
            "agenda": key,
            "teacher": entry.teacher.name,
            "lessons": entry.teacher.lessons,
            "since": f"{entry.first_seen_at:%Y-%m-%d}",
            "problem": entry.teacher.problem,
        }
        for key, entries in since.items()
        for entry in entries
    ]
    clashes = [
        f"{names.get(one.calendar, one.calendar)}: {one.content.summary} and {other.content.summary}, "
        f"{one.content.dtstart:%a %d %b %H:%M}"
        for _, found in desired.values.values()
        for one, other in overlaps(found.events)
    ]
    for key, (_, found) in desired.values.items():
        counts = {
            "events": len(found.events),
            "calendars": len({event.calendar for event in found.events}),
            "undecided lessons": len(found.undecided),
        }
        context.add_asset_metadata(counts, partition_key=key)
    lines = [
        f"{one['teacher']}, {one['lessons']} in {one['agenda']} since {one['since']}: {one['problem']}"
        for one in unmatched
    ]
    checks = [
        _check("matched_teachers", lines, {"unmatched": _table(unmatched)} if unmatched else None),
        _check("no_overlaps", clashes),
    ]
    conclusions = [{k: v for k, v in context_.items() if k != "weeks"} for context_ in attrs.values()]
    metadata: dict[str, Any] = {"preview": _preview(frame, ["account", "summary", "starts_at", "location"])}
    if unmatched:
        metadata["unmatched teachers"] = _table(unmatched)
    return _result(context, frame, _frame_version(frame, conclusions), metadata, checks, desired.problems)


def changes(
    context: dg.AssetExecutionContext,
    plans: Work[AgendaPlan],
    accounts: Sequence[Account],
) -> FrameResult:
    """A plan, with what is held, why, and how to let it through."""
    names = {account.calendar: account.display_name for account in accounts}
    attrs = {key: {"held": plan.plan.digest, "kept": dict(plan.kept)} for key, plan in plans.values.items()}
    frame = joined([changes_to_frame(key, plan.plan, names) for key, plan in plans.values.items()], attrs)
    held = [line for plan in plans.values.values() for line in _held_lines(plan, names)]
    drift = [line for plan in plans.values.values() for line in _drift_lines(plan, names)]
    for key, plan in plans.values.items():
        counts: dict[str, Any] = {
            **{f"to {kind}": count for kind, count in Counter(c.kind.value for c in plan.plan.free).items()},
            **{f"kept, {why}": count for why, count in plan.kept.items()},
            "held": len(plan.plan.held),
        }
        if plan.plan.held:
            counts["release"] = f"scheduling-pipeline release {plan.plan.digest} --by NAME --why REASON"
        context.add_asset_metadata(counts, partition_key=key)
    checks = [_check("brake", held, severity=ERROR), _check("drift", drift)]
    metadata = {
        "changes": len(frame),
        "preview": _preview(frame, ["kind", "held", "account", "uid", "reason"]),
    }
    version = _frame_version(frame, sorted(attrs))
    return _result(context, frame, version, metadata, checks, plans.problems)


def calendars(
    context: dg.AssetExecutionContext,
    applied: Applied,
    live: Mapping[str, Sequence[LedgerEvent]],
    warnings: Sequence[str],
    accounts: Sequence[Account],
) -> FrameResult:
    """What stands after the writes, with each failure named. Fails when no write came about at all."""
    names = {account.calendar: account.display_name for account in accounts}
    failures = [
        f"{names.get(one.calendar, one.calendar)}, {one.uid}: {one.kind} failed, {one.detail}"
        for one in applied.failures
    ]
    if failures and not applied.writes:
        raise dg.Failure("no change could be written:\n" + "\n".join(failures), allow_retries=False)
    attrs: dict[str, object] = {key: {"events": len(rows)} for key, rows in live.items()}
    frame = joined([ledger_to_frame(rows, names) for rows in live.values()], attrs)
    for key, rows in live.items():
        standing = {"standing events": len(rows), "calendars": len({row.calendar for row in rows})}
        context.add_asset_metadata(standing, partition_key=key)
    outcomes = ("created", "updated", "deleted", "failed", "unknown", "superseded")
    metadata: dict[str, Any] = {
        **{f"events {outcome}": applied.counts[outcome] for outcome in outcomes},
        "calendar writes": applied.writes,
        "preview": _preview(frame, ["account", "summary", "starts_at", "location"]),
    }
    checks = [_check("all_written", [*failures, *warnings], severity=ERROR if failures else WARN)]
    return _result(context, frame, _frame_version(frame, sorted(live)), metadata, checks)


def age(
    last: Mapping[str, datetime | None], limits: Mapping[str, timedelta], now: datetime
) -> dg.AssetCheckResult:
    """Agendas whose last complete reading is older than it may be."""
    lines = []
    for agenda, read_at in last.items():
        if read_at is None:
            lines.append(f"{agenda}: never read completely")
        elif now - read_at > limits[agenda]:
            lines.append(f"{agenda}: last read completely on {read_at:%a %d %b %H:%M} UTC")
    return dg.AssetCheckResult(passed=not lines, severity=ERROR, description="\n".join(lines) or None)


def _result(
    context: dg.AssetExecutionContext,
    frame: pd.DataFrame,
    version: str,
    metadata: Mapping[str, Any],
    checks: Sequence[dg.AssetCheckResult],
    problems: Mapping[str, str] | None = None,
) -> FrameResult:
    """The result, and the tag that marks a run in which something was left undone."""
    trouble = [*(problems or {}).values(), *(check.description for check in checks if not check.passed)]
    if problems:
        metadata = {**metadata, "agendas left as they were": dg.MetadataValue.json(dict(problems))}
    for line in problems.values() if problems else ():
        context.log.error(line)
    if trouble:
        context.instance.add_run_tags(context.run_id, {"degraded": "true"})
    return dg.MaterializeResult(
        value=frame, metadata=metadata, check_results=checks, data_version=dg.DataVersion(version)
    )


def _check(
    name: str,
    lines: Sequence[str],
    metadata: Mapping[str, Any] | None = None,
    severity: dg.AssetCheckSeverity = WARN,
) -> dg.AssetCheckResult:
    """Passed when there is nothing to say."""
    return dg.AssetCheckResult(
        check_name=name,
        passed=not lines,
        severity=severity,
        description="\n".join(lines) or None,
        metadata=metadata or {"found": len(lines)},
    )


def _shrunken(before: Iterable[StoredWeek], weeks: Iterable[WeekReading]) -> list[str]:
    known = {stored.week.monday: len(stored.week.lessons) for stored in before}
    return [
        f"{week.agenda}, week of {week.monday}: {len(week.lessons)} lessons instead of {known[week.monday]}"
        for week in weeks
        if week.complete
        and (lost := known.get(week.monday, 0) - len(week.lessons)) >= SMALLEST_COUNT
        and lost > LARGEST_SHARE * known[week.monday]
    ]


def _held_lines(plan: AgendaPlan, names: Mapping[str, str]) -> list[str]:
    if not plan.plan.held:
        return []
    reasons = [_named(hold.reason, names) for hold in plan.plan.holds]
    command = f"scheduling-pipeline release {plan.plan.digest} --by NAME --why REASON"
    return [*reasons, f"{len(plan.plan.held)} removals wait. If they are right: {command}"]


def _drift_lines(plan: AgendaPlan, names: Mapping[str, str]) -> list[str]:
    drift = plan.stock.drift
    lines = [f"{_named(why, names)}; {plan.left_out} changes left out" for why in plan.unreachable.values()]
    for word, events_ in (("deleted", drift.missing), ("edited", drift.edited), ("copied", drift.copies)):
        lines += [
            f"{names.get(event.calendar, event.calendar)}: {event.content.summary}, "
            f"{event.content.dtstart:%a %d %b %H:%M}, was {word} by hand"
            for event in events_
        ]
    if unknown := plan.stock.settled["unknown"]:
        lines.append(f"{plan.agenda}: {unknown} earlier writes whose outcome is still unknown")
    return lines


def _named(text: str, names: Mapping[str, str]) -> str:
    """A sentence with people's names where it has calendar keys."""
    for calendar, name in names.items():
        if calendar in text:
            return text.replace(calendar, name)
    return text


def _timetable_counts(found: TimetableRead) -> dict[str, Any]:
    weeks = found.reading.weeks
    complete = [week for week in weeks if week.complete]
    return {
        "weeks read": len(complete),
        "weeks not read": len(weeks) - len(complete),
        "lessons read": sum(len(week.lessons) for week in complete),
        "teachers": len({lesson.teacher for week in complete for lesson in week.lessons} - {None}),
        "teacher unknown": sum(len(week.unknown) for week in complete),
    }


def _week_row(week: WeekReading) -> dict[str, Any]:
    return {
        "agenda": week.agenda,
        "week of": week.monday.isoformat(),
        "outcome": week.outcome.value,
        "lessons": len(week.lessons),
        "teacher unknown": len(week.unknown),
        "problem": week.problem,
    }


def _by_day(frame: pd.DataFrame) -> str:
    """Lessons by week and weekday, as a small table."""
    if frame.empty:
        return "no lessons"
    local = [start.tz_convert(zone) for start, zone in zip(frame["starts_at"], frame["zone"], strict=True)]
    days = pd.Categorical([f"{day:%a}" for day in local], ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
    table = pd.crosstab([frame["partition"], frame["monday"].astype(str)], days, dropna=False)
    return str(table.reset_index().to_markdown(index=False))


def _preview(frame: pd.DataFrame, columns: Sequence[str]) -> dg.MetadataValue[Any]:
    shown = frame.head(PREVIEW_ROWS)
    rows = []
    for row in shown.to_dict("records"):
        cells = {name: row[name] for name in columns if name != "starts_at"}
        if "starts_at" in columns:
            local = (
                row["starts_at"].tz_convert(row["zone"]) if hasattr(row["starts_at"], "tz_convert") else None
            )
            cells["starts"] = f"{local:%a %d %b %Y %H:%M %Z}" if local is not None else ""
        rows.append(cells)
    return _table(rows)


def _table(rows: Sequence[Mapping[str, Any]]) -> dg.MetadataValue[Any]:
    if not rows:
        return dg.MetadataValue.text("none")
    return dg.MetadataValue.table([dg.TableRecord(dict(row)) for row in rows[:PREVIEW_ROWS]])


def _frame_version(frame: pd.DataFrame, conclusions: object) -> str:
    """A digest of content alone, so that unchanged input shows as unchanged."""
    rows = sorted(str(list(row.values())) for row in frame.to_dict("records"))
    return digest([rows, conclusions])
