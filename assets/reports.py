"""What a run of the teacher calendars says of itself: a frame, metadata for each agenda, and checks.

A check reports; it does not protect. What must not happen is prevented where calendars are written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg
import pandas as pd

from assets.agendas import Work, joined
from assets.metadata import PARTS, check, frame_version, lessons_by_day, preview, table
from scheduling_pipeline.calendars.apply import Applied
from scheduling_pipeline.calendars.brake import LARGEST_SHARE, SMALLEST_COUNT
from scheduling_pipeline.calendars.frames import changes_to_frame, events_to_frame, ledger_to_frame
from scheduling_pipeline.calendars.model import Change, LedgerEvent
from scheduling_pipeline.calendars.names import with_names
from scheduling_pipeline.teacher_calendars import AgendaPlan, TimetableRead
from scheduling_pipeline.timetable.accounts import Account
from scheduling_pipeline.timetable.events import Desired
from scheduling_pipeline.timetable.frames import desired_context, lessons_to_frame, weeks_context
from scheduling_pipeline.timetable.model import Agenda, WeekReading
from scheduling_pipeline.timetable.overlaps import overlaps
from scheduling_pipeline.timetable.readings import StoredWeek
from scheduling_pipeline.timetable.teachers import UnmatchedSince

WARN = dg.AssetCheckSeverity.WARN
ERROR = dg.AssetCheckSeverity.ERROR
DATA_VERSION = "dagster/data_version"  # the tag in which Dagster keeps it
EVENT_PREVIEW = {"teacher": "account", "event": "summary", "starts": "starts_at", "room": "location"}
OUTCOMES = ("created", "updated", "deleted", "failed", "unknown", "superseded")
if TYPE_CHECKING:
    FrameResult = dg.MaterializeResult[pd.DataFrame]
else:
    FrameResult = dg.MaterializeResult  # the only form Dagster takes for an asset with checks


def _spec(asset: str, name: str, description: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(name, asset=asset, description=description)


TIMETABLE_CHECKS = [
    _spec("timetable", "complete_reading", "Every week asked for was read whole."),
    _spec("timetable", "size", "No week lost a suspicious share of its lessons."),
]
EVENT_CHECKS = [
    _spec("outlook_events", "fresh_reading", "Every agenda was read recently enough to plan from."),
    _spec("outlook_events", "matched_teachers", "Every teacher on the booking site has an account."),
    _spec("outlook_events", "no_overlaps", "Nobody teaches two lessons at once."),
]
CHANGE_CHECKS = [
    _spec("outlook_changes", "planned", "Nothing stands in the way of a plan for every agenda."),
    _spec("outlook_changes", "brake", "No removal waits for a person."),
    _spec("outlook_changes", "drift", "Nobody changed our events by hand."),
]
CALENDAR_CHECKS = [_spec("outlook_calendars", "all_written", "Every change was written.")]


def timetable(
    context: dg.AssetExecutionContext, agendas: Sequence[Agenda], read: Mapping[str, TimetableRead]
) -> FrameResult:
    """The lessons of the last good readings, with what this run read and what it could not."""
    frames = {agenda.key: lessons_to_frame(agenda, read[agenda.key].good) for agenda in agendas}
    attrs = {key: {"weeks": weeks_context(found.good)} for key, found in read.items()}
    frame = joined(list(frames.values()), attrs)
    for key, found in read.items():
        metadata = {
            **_timetable_counts(found.reading.weeks),
            "weeks": table([_week_row(week) for week in found.reading.weeks]),
            "lessons by day": lessons_by_day(frames[key]),
        }
        context.add_asset_metadata(metadata, partition_key=key)
    weeks = [week for found in read.values() for week in found.reading.weeks]
    troubled = [f"{week.agenda}, week of {week.monday}: {week.problem}" for week in weeks if week.problem]
    unknown = [
        f"{week.agenda}, week of {week.monday}: {len(week.unknown)} lessons whose teacher could not be read; "
        "what stands for them stays"
        for week in weeks
        if week.unknown
    ]
    checks = [
        check(
            "complete_reading", troubled + unknown, WARN if all(week.complete for week in weeks) else ERROR
        ),
        check("size", [line for found in read.values() for line in _shrunken(found)]),
    ]
    return _result(context, frame, sorted(attrs), checks, ignore=["reading"])


def events(
    context: dg.AssetExecutionContext,
    desired: Work[tuple[list[StoredWeek], Desired]],
    since: Mapping[str, Sequence[UnmatchedSince]],
    accounts: Sequence[Account],
) -> FrameResult:
    """The desired events, with who has no account and which lessons overlap."""
    names = _names(accounts)
    frames = {key: events_to_frame(found.events, names) for key, (_, found) in desired.values.items()}
    attrs = {key: desired_context(found, weeks) for key, (weeks, found) in desired.values.items()}
    unmatched = {key: [_unmatched_row(entry) for entry in entries] for key, entries in since.items()}
    for key, (_, found) in desired.values.items():
        metadata: dict[str, Any] = {
            "events": len(found.events),
            "calendars": len({event.calendar for event in found.events}),
            "undecided lessons": len(found.undecided),
            "unmatched teachers": table(unmatched[key]),
            "preview": preview(frames[key], **EVENT_PREVIEW),
        }
        context.add_asset_metadata(metadata, partition_key=key)
    nobody = [
        f"{row['teacher']}, {row['lessons']} lessons in {key} since {row['since']}: {row['problem']}"
        for key, rows in unmatched.items()
        for row in rows
    ]
    clashes = [
        f"{names.get(one.calendar, one.calendar)}, {one.content.dtstart:%a %d %b %H:%M}: "
        f"{one.content.summary} and {other.content.summary}"
        for _, found in desired.values.values()
        for one, other in overlaps(found.events)
    ]
    checks = [
        check("fresh_reading", list(desired.problems.values())),
        check("matched_teachers", nobody),
        check("no_overlaps", clashes),
    ]
    conclusions = [{key: value for key, value in made.items() if key != "weeks"} for made in attrs.values()]
    return _result(context, joined(list(frames.values()), attrs), conclusions, checks)


def changes(
    context: dg.AssetExecutionContext,
    plans: Work[AgendaPlan],
    made_from: Mapping[Any, Any],
    accounts: Sequence[Account],
) -> FrameResult:
    """A plan, with what is held, why, and how to let it through. `made_from`: the desired events' attrs."""
    names = _names(accounts)
    frames = {key: changes_to_frame(key, plan.plan, names) for key, plan in plans.values.items()}
    attrs = {
        key: {"weeks": made_from[key]["weeks"], "held": plan.plan.digest, "kept": dict(plan.kept)}
        for key, plan in plans.values.items()
    }
    for key, plan in plans.values.items():
        kinds = Counter(change.kind.value for change in plan.plan.free)
        metadata: dict[str, Any] = {
            **{f"to {kind}": count for kind, count in kinds.items()},
            **{f"kept, {why}": count for why, count in plan.kept.items()},
            "held": len(plan.plan.held),
            "left out": sum(plan.left_out.values()),
            "found by tag": plan.stock.drift.found,
            "preview": table(
                [
                    *(_change_row(change, names, held="held, ") for change in plan.plan.held),
                    *(_change_row(change, names) for change in plan.plan.free),
                ]
            ),
        }
        if plan.plan.held:
            metadata["release"] = dg.MetadataValue.md(f"`{_release_command(plan)}`")
        context.add_asset_metadata(metadata, partition_key=key)
    unreachable = [line for plan in plans.values.values() for line in _unreachable(plan, names)]
    checks = [
        check("planned", [*plans.problems.values(), *unreachable]),
        check("brake", [line for plan in plans.values.values() for line in _held(plan, names)], ERROR),
        check("drift", [line for plan in plans.values.values() for line in _drift(plan, names)]),
    ]
    return _result(context, joined(list(frames.values()), attrs), sorted(attrs), checks)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one agenda's plan: the outcomes, the events that stand, and what else went wrong."""

    applied: Applied
    live: Sequence[LedgerEvent]
    warnings: Sequence[str]


def calendars(
    context: dg.AssetExecutionContext, written: Work[Written], accounts: Sequence[Account]
) -> FrameResult:
    """What stands after the writes, with each failure named. Fails when no write came about at all."""
    names = _names(accounts)
    outcomes = written.values
    failures = [
        f"{names.get(one.calendar, one.calendar)}, {one.uid}: {one.kind} failed, {one.detail}"
        for outcome in outcomes.values()
        for one in outcome.applied.failures
    ]
    if failures and not any(outcome.applied.writes for outcome in outcomes.values()):
        raise dg.Failure("no change could be written:\n" + "\n".join(failures), allow_retries=False)
    failures += written.problems.values()
    frames = {key: ledger_to_frame(outcome.live, names) for key, outcome in outcomes.items()}
    for key, outcome in outcomes.items():
        metadata: dict[str, Any] = {
            **{f"events {word}": outcome.applied.counts[word] for word in OUTCOMES},
            "calendar writes": outcome.applied.writes,
            "standing events": len(outcome.live),
            "calendars": len({row.calendar for row in outcome.live}),
            "preview": preview(frames[key], **EVENT_PREVIEW),
        }
        context.add_asset_metadata(metadata, partition_key=key)
    warnings = dict.fromkeys(line for outcome in outcomes.values() for line in outcome.warnings)
    checks = [check("all_written", [*failures, *warnings], ERROR if failures else WARN)]
    attrs = {key: {"events": len(outcome.live)} for key, outcome in outcomes.items()}
    return _result(context, joined(list(frames.values()), attrs), sorted(attrs), checks)


def dry_run(context: dg.AssetExecutionContext, changes: Sequence[Change]) -> dg.AssetCheckResult:
    """What a run that writes nothing says: calendars are not materialized."""
    text = f"dry run: {len(changes)} changes were planned and none was written"
    context.log.info(text)
    return check("all_written", [text] if changes else [])


def age(
    last: Mapping[str, datetime | None], limits: Mapping[str, timedelta], now: datetime
) -> dg.AssetCheckResult:
    """Agendas whose last complete reading is older than it may be."""
    problems = dict.fromkeys(last, "")
    for agenda, read_at in last.items():
        if read_at is None:
            problems[agenda] = "never read completely"
        elif now - read_at > limits[agenda]:
            problems[agenda] = f"last read completely on {read_at:%a %d %b %H:%M} UTC"
    lines = [f"{agenda}: {problem}" for agenda, problem in problems.items() if problem]
    return check("age", lines, ERROR, **{PARTS: dg.MetadataValue.json(problems)})


def _result(
    context: dg.AssetExecutionContext,
    frame: pd.DataFrame,
    conclusions: object,
    checks: Sequence[dg.AssetCheckResult],
    *,
    ignore: Sequence[str] = (),
) -> FrameResult:
    """The result; a run in which something was left undone or waits for a person is tagged as degraded.

    `ignore` names the columns that are no content.
    """
    if not all(check.passed for check in checks):
        context.instance.add_run_tags(context.run.run_id, {"degraded": "true"})
    version = frame_version(frame.drop(columns=list(ignore)), conclusions)
    return dg.MaterializeResult(value=frame, check_results=checks, data_version=version)


def _names(accounts: Iterable[Account]) -> dict[str, str]:
    return {account.calendar: account.display_name for account in accounts}


def _timetable_counts(weeks: Sequence[WeekReading]) -> dict[str, int]:
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
        "week of": week.monday.isoformat(),
        "outcome": week.outcome.value,
        "lessons": len(week.lessons),
        "teacher unknown": len(week.unknown),
        "problem": week.problem,
    }


def _shrunken(read: TimetableRead) -> list[str]:
    known = {stored.week.monday: len(stored.week.lessons) for stored in read.before}
    return [
        f"{week.agenda}, week of {week.monday}: {len(week.lessons)} lessons instead of {known[week.monday]}"
        for week in read.reading.complete_weeks
        if (lost := known.get(week.monday, 0) - len(week.lessons)) >= SMALLEST_COUNT
        and lost > LARGEST_SHARE * known[week.monday]
    ]


def _unmatched_row(entry: UnmatchedSince) -> dict[str, Any]:
    return {
        "teacher": entry.teacher.name,
        "lessons": entry.teacher.lessons,
        "since": f"{entry.first_seen_at:%Y-%m-%d}",
        "problem": entry.teacher.problem,
    }


def _change_row(change: Change, names: Mapping[str, str], held: str = "") -> dict[str, Any]:
    content = change.before.content if change.before else change.after.content if change.after else None
    return {
        "change": f"{held}{change.kind.value}",
        "teacher": names.get(change.calendar, change.calendar),
        "event": content.summary if content else change.uid,
        "when": f"{content.dtstart:%a %d %b %H:%M %Z}{', weekly' if content.rrule else ''}"
        if content
        else "",
        "why": change.reason,
    }


def _held(plan: AgendaPlan, names: Mapping[str, str]) -> list[str]:
    if not plan.plan.held:
        return []
    reasons = [with_names(hold.reason, names) for hold in plan.plan.holds]
    return [*reasons, f"{len(plan.plan.held)} removals wait. If they are right: {_release_command(plan)}"]


def _release_command(plan: AgendaPlan) -> str:
    return f"scheduling-pipeline release {plan.plan.digest} --by NAME --why REASON"


def _unreachable(plan: AgendaPlan, names: Mapping[str, str]) -> list[str]:
    return [
        f"{with_names(why, names)}; {plan.left_out.get(calendar, 0)} changes in {plan.agenda} left out"
        for calendar, why in plan.unreachable.items()
    ]


def _drift(plan: AgendaPlan, names: Mapping[str, str]) -> list[str]:
    drift = plan.stock.drift
    lines = []
    for word, found in (("deleted", drift.missing), ("edited", drift.edited), ("copied", drift.copies)):
        lines += [
            f"{names.get(event.calendar, event.calendar)}, {event.content.dtstart:%a %d %b %H:%M}: "
            f"{event.content.summary} was {word} by hand"
            for event in found
        ]
    if unknown := plan.stock.settled["unknown"]:
        lines.append(f"{plan.agenda}: {unknown} earlier writes whose outcome is still unknown")
    return lines
