"""What a run of the course calendars says of itself: counts, tables, checks.

A check reports; it does not protect. What must not happen is prevented where calendars are written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import dagster as dg
import pandas as pd
from sqlalchemy import Engine

from assets.metadata import check, frame_version, preview, table
from scheduling_pipeline.calendars.apply import THEIRS, Applied
from scheduling_pipeline.calendars.frames import changes_to_frame
from scheduling_pipeline.calendars.model import Change, EventContent
from scheduling_pipeline.calendars.names import with_names
from scheduling_pipeline.calendars.provider import Cause, Unreadable
from scheduling_pipeline.course_calendars import CoursePlan, Ended, Request, State
from scheduling_pipeline.courses.catalogue import Refresh
from scheduling_pipeline.courses.credentials import Connection, needing_sign_in
from scheduling_pipeline.courses.events import SCOPE
from scheduling_pipeline.courses.model import Student
from scheduling_pipeline.courses.standing import catalogue_version, missing_calendars

ERROR = dg.AssetCheckSeverity.ERROR
EVENT_PREVIEW = {"person": "account", "event": "summary", "starts": "starts_at", "place": "location"}
OUTCOMES = ("created", "updated", "deleted", "failed", "unknown", "superseded", THEIRS)
if TYPE_CHECKING:
    FrameResult = dg.MaterializeResult[pd.DataFrame]
    Result = dg.MaterializeResult[None]
else:
    FrameResult = dg.MaterializeResult  # the only form Dagster takes for an asset with checks
    Result = dg.MaterializeResult


def _spec(asset: str, name: str, description: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(name, asset=asset, description=description)


CATALOGUE_CHECKS = [
    _spec("course_catalogue", "rows", "Every row of the newest files could be used."),
    _spec("course_catalogue", "removals", "No removal from the catalogue waits for a person."),
]
EVENT_CHECKS = [
    _spec("course_events", "people", "Everybody whom the run was asked for has a calendar."),
]
CHANGE_CHECKS = [
    _spec("google_changes", "planned", "Every calendar that had to be looked into could be."),
    _spec("google_changes", "brake", "No removal waits for a person."),
]
CALENDAR_CHECKS = [
    _spec("google_calendars", "needs_sign_in", "Nobody has to sign in to Google again."),
    _spec("google_calendars", "missing_calendars", "Every course calendar is still there."),
    _spec("google_calendars", "failed_users", "Everybody in the run was brought up to date."),
]


def catalogue(context: dg.AssetExecutionContext, done: Refresh, engine: Engine) -> Result:
    """What the newest files changed, and whom that concerns."""
    refused = [f"{one.dataset}, row {one.row}: {one.reason}" for one in done.refused]
    held = [
        f"{one.reason}, such as {', '.join(one.examples[:3])}. If that is right: "
        f"scheduling-pipeline release {one.digest} --by NAME --why REASON"
        for one in done.held
    ]
    people = [{"person": email, "why": ", ".join(why)} for email, why in sorted(done.affected.items())]
    return _result(
        context,
        [check("rows", refused), check("removals", held, ERROR)],
        data_version=dg.DataVersion(catalogue_version(engine)),
        metadata={
            "people affected": len(done.affected),
            "rows changed": sum(count.writes for count in done.counts.values()),
            "rows refused": len(done.refused),
            "removals held": sum(one.count for one in done.held),
            "by table": table([{"table": name, **asdict(count)} for name, count in done.counts.items()]),
            "why people are affected": table(
                [{"change": reason, "people": count} for reason, count in done.reasons.items()]
            ),
            "who is affected": table(people),
            "university events left out": table(
                [{"event": one.event.summary, "why": one.reason} for one in done.skipped]
            ),
        },
    )


def not_among(asked: Iterable[str], found: Collection[str]) -> list[str]:
    """The addresses that somebody asked for and that were not found."""
    return sorted({email.strip().lower() for email in asked}.difference(found))


def events(
    context: dg.AssetExecutionContext,
    frame: pd.DataFrame,
    students: Sequence[Student],
    waiting: Mapping[str, Connection],
    unknown: Sequence[str],
) -> FrameResult:
    """What should stand for whom."""
    left_out = [one.email for one in students if one.email in waiting]
    kinds = Counter(uid.partition("-")[0] for uid in frame["uid"])
    return _result(
        context,
        [check("people", [f"{email}: has no calendar that could be written to" for email in unknown])],
        value=frame,
        data_version=frame_version(frame.drop(columns=["content"]), frame.attrs[SCOPE]["owners"]),
        metadata={
            "people": len(students) - len(left_out),
            "waiting for a sign-in": len(left_out),
            "events": len(frame),
            "classes": kinds["class"],
            "final exams": kinds["exam"],
            "university events": kinds["university"],
            "preview": preview(frame, **EVENT_PREVIEW),
        },
    )


def changes(
    context: dg.AssetExecutionContext,
    plan: CoursePlan,
    request: Request,
    changed_since: Sequence[str],
) -> FrameResult:
    """The plan."""
    names = request.names
    frame = changes_to_frame(SCOPE, plan.plan, names)
    frame.attrs[SCOPE] = {
        **request.to_json(),
        "unreadable": {calendar: [why.cause, why.detail] for calendar, why in plan.unreadable.items()},
    }
    held = [with_names(hold.reason, names) for hold in plan.plan.holds]
    if held:
        held.append(
            f"{len(plan.plan.held)} removals wait. If they are right: "
            f"scheduling-pipeline release {plan.plan.digest} --by NAME --why REASON"
        )
    unreadable = [f"{names.get(name, name)}: {why.detail}" for name, why in plan.unreadable.items()]
    counts = Counter(change.kind.value for change in plan.plan.free)
    rows = [change_row(change, names) for change in plan.plan.free]
    waiting = [change_row(change, names, "held: ") for change in plan.plan.held]
    return _result(
        context,
        [check("planned", unreadable), check("brake", held, ERROR)],
        value=frame,
        data_version=frame_version(frame, sorted(plan.unreadable)),
        metadata={
            "people": len(request.owners),
            "changed again since": len(changed_since),
            **{f"to {kind}": counts[kind] for kind in ("create", "update", "remake", "end", "delete")},
            "held": len(plan.plan.held),
            **{f"kept, {why}": count for why, count in plan.kept.items()},
            **{f"earlier writes {state}": count for state, count in plan.settled.items()},
            "changes": table([*waiting, *rows]),
            "single dates that move with their class": table(
                [
                    {
                        "person": names[event.calendar],
                        "class": event.content.summary,
                        "dates that the person had changed": ", ".join(map(str, sorted(dates.changed))),
                    }
                    for event, dates in plan.undone
                ]
            ),
        },
    )


def unreadable_of(made_from: Mapping[str, Any]) -> dict[str, Unreadable]:
    """The calendars that the plan could not look into."""
    return {
        calendar: Unreadable(calendar, Cause(cause) if cause else None, detail)
        for calendar, (cause, detail) in made_from.get("unreadable", {}).items()
    }


def dry_run(
    context: dg.AssetExecutionContext, free: Sequence[Change], names: Mapping[str, str], engine: Engine
) -> Iterator[dg.AssetCheckResult]:
    """What a run that writes nothing says: calendars are not materialized."""
    concerned = len({change.calendar for change in free})
    text = f"dry run: {len(free)} changes in {concerned} calendars were planned and none was written"
    context.log.info(text)
    rows = [change_row(change, names) for change in free]
    yield from _people_who_have_to_act(engine)
    yield check("failed_users", [text] if free else [], would_be_written=table(rows))


def calendars(
    context: dg.AssetExecutionContext,
    ended: Sequence[Ended],
    applied: Applied,
    changed_since: Sequence[str],
    engine: Engine,
) -> Iterator[Result | dg.AssetCheckResult]:
    """How it ended for each person. Raises dg.Failure when nobody's calendar could be brought up to date."""
    failed = [one for one in ended if one.state is not State.SYNCED]
    problems = [f"{one.owner.email}: {one.problem}" for one in failed]
    checks = [*_people_who_have_to_act(engine), check("failed_users", problems)]
    kinds = Counter((one.state.value, one.problem.replace(one.owner.email, "the person")) for one in failed)
    people = sorted(ended, key=lambda one: (one.state is State.SYNCED, -one.writes, one.owner.email))
    metadata: dict[str, Any] = {
        "people": len(ended),
        "people brought up to date": len(ended) - len(failed),
        "people not brought up to date": len(failed),
        "changed again since": len(changed_since),
        "calendar writes": applied.writes,
        "by person": table([_person_row(one) for one in people]),
        "errors by kind": table(
            [
                {"outcome": state, "problem": problem, "people": count}
                for (state, problem), count in kinds.most_common()
            ]
        ),
        **{f"events {word}": applied.counts[word] for word in OUTCOMES},
    }
    if ended and all(one.state is State.FAILED for one in ended):
        yield from checks
        raise dg.Failure(
            f"nobody's calendar could be brought up to date: {failed[0].problem}",
            metadata=metadata,
            allow_retries=False,
        )
    yield _result(context, checks, metadata=metadata)


def _people_who_have_to_act(engine: Engine) -> Iterator[dg.AssetCheckResult]:
    """Whoever nothing can be written for until somebody has done something, in this run or not."""
    yield check(
        "needs_sign_in",
        [
            f"{one.person}: {one.problem or 'has to sign in'}; {_connect(one)}"
            for one in needing_sign_in(engine)
        ],
    )
    yield check(
        "missing_calendars",
        [
            f"{email}: the calendar is gone since {since:%d %b %Y}; to make a new one, run "
            f"create_course_calendars with this address and `again`"
            for email, since in missing_calendars(engine)
        ],
    )


def _connect(one: Connection) -> str:
    """The command by which a person connects that account again."""
    further = f" --account {one.account}" if one.account != one.person else ""
    return f"scheduling-pipeline google connect {one.person}{further}"


def change_row(change: Change, names: Mapping[str, str], held: str = "") -> dict[str, Any]:
    """A change as a person reads it."""
    event = change.before or change.after
    assert event is not None  # noqa: S101 - a change has one or the other
    content = event.content
    return {
        "change": f"{held}{change.kind.value}",
        "person": names.get(change.calendar, change.calendar),
        "event": content.summary,
        "when": when(content),
        "why": change.reason,
    }


def when(content: EventContent) -> str:
    """When an event takes place, in its own zone."""
    return f"{content.dtstart:%a %d %b %Y %H:%M %Z}{', weekly' if content.rrule else ''}"


def _person_row(one: Ended) -> dict[str, Any]:
    return {
        "person": one.owner.email,
        "outcome": one.state.value,
        **{word: one.counts.get(word, 0) for word in ("created", "updated", "deleted", "failed", THEIRS)},
        "problem": one.problem,
    }


def _result(
    context: dg.AssetExecutionContext,
    checks: Sequence[dg.AssetCheckResult],
    **options: Any,  # noqa: ANN401
) -> dg.MaterializeResult[Any]:
    """The result; a run in which something was left undone or waits for a person is tagged as degraded."""
    if not all(one.passed for one in checks):
        context.instance.add_run_tags(context.run.run_id, {"degraded": "true"})
    return dg.MaterializeResult(check_results=checks, **options)
