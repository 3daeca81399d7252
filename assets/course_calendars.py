"""Course calendars: the catalogue's courses become weekly events in students' Google calendars.

`course_catalogue`, `course_events`, `google_changes`, `google_calendars`. A run is about some people: those
who are due, those named in its config, or everybody. What one of them lacks never stops the others.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pandas as pd
from pydantic import Field

from assets import course_reports as reports
from resources.clock import Clock
from resources.database import Database
from resources.google import Google
from scheduling_pipeline.calendars.access import Calendars
from scheduling_pipeline.calendars.frames import changes_from_frame
from scheduling_pipeline.course_calendars import (
    Ended,
    Owner,
    State,
    apply_changes,
    how_it_ended,
    plan_students,
)
from scheduling_pipeline.courses.calendars import mark_missing
from scheduling_pipeline.courses.catalogue import refresh
from scheduling_pipeline.courses.credentials import mark_needs_sign_in, needing_sign_in
from scheduling_pipeline.courses.events import SCOPE, EventBuilder
from scheduling_pipeline.courses.frames import course_events_from_frame, course_events_to_frame
from scheduling_pipeline.courses.rosters import finish, load_catalogue, load_students
from scheduling_pipeline.courses.standing import generations
from scheduling_pipeline.settings import CourseCalendarSettings

GROUP = "course_calendars"
OWNERS = ["team:scheduling"]
FRAME = dg.PythonObjectDagsterType(pd.DataFrame, name="CourseFrame")
FEEDS = (
    "terms",
    "courses",
    "meeting_times",
    "rooms",
    "users",
    "enrollments",
    "final_exams",
    "university_events",
)


class WhoConfig(dg.Config):
    """Whose calendars. By default those of all who are due: never synced, or changed since."""

    users: list[str] = Field(default=[], description="E-mail addresses: these people, due or not.")
    everybody: bool = Field(default=False, description="All who have a calendar, due or not.")
    force: bool = Field(
        default=False,
        description="Also put right what people changed or deleted in their calendars; those who are named,"
        " or else everybody, due or not.",
    )


class ApplyConfig(dg.Config):
    """Whether to write."""

    dry_run: bool = False  # show the plan, write nothing


def build_course_calendars(settings: CourseCalendarSettings) -> list[dg.AssetsDefinition]:
    """The assets of the flow."""
    return [
        build_course_catalogue(settings),
        build_course_events(settings),
        build_google_changes(),
        build_google_calendars(),
    ]


def _asset(
    kind: str,
    checks: Sequence[dg.AssetCheckSpec],
    **options: Any,  # noqa: ANN401
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """An asset of the flow, with what all of them have in common."""
    decorator: Callable[[Callable[..., Any]], dg.AssetsDefinition] = dg.asset(
        group_name=GROUP, owners=OWNERS, kinds={kind}, check_specs=checks, **options
    )
    return decorator


def build_course_catalogue(settings: CourseCalendarSettings) -> dg.AssetsDefinition:
    """The catalogue, from ingested files."""

    @_asset("python", reports.CATALOGUE_CHECKS, deps=list(FEEDS))
    def course_catalogue(
        context: dg.AssetExecutionContext, database: Database, clock: Clock
    ) -> reports.Result:
        """Terms, courses, when they meet, who takes them, exams and holidays, as the newest files say."""
        now = clock.now().astimezone(ZoneInfo(settings.zone))
        return reports.catalogue(context, refresh(database.engine, now=now), database.engine)

    return course_catalogue


def build_course_events(settings: CourseCalendarSettings) -> dg.AssetsDefinition:
    """Desired events, from the catalogue."""

    @_asset(
        "pandas",
        reports.EVENT_CHECKS,
        deps=["course_catalogue"],
        io_manager_key="frames",
        dagster_type=FRAME,
    )
    def course_events(
        context: dg.AssetExecutionContext, config: WhoConfig, database: Database
    ) -> reports.FrameResult:
        """The events that should stand in the calendars of those whom this run is about."""
        students = load_students(
            database.engine,
            emails=config.users or None,
            due_only=not (config.users or config.everybody or config.force),
        )
        waiting = {one.person: one for one in needing_sign_in(database.engine)}
        ready = [student for student in students if student.email not in waiting]
        builder = EventBuilder(
            load_catalogue(database.engine), ZoneInfo(settings.zone), settings.university_categories
        )
        frame = course_events_to_frame(
            {student.email: builder.of(student) for student in ready},
            owners=reports.owners_json(ready),
            force=config.force,
            whole=not config.users,
        )
        unknown = reports.not_among(config.users, [student.email for student in students])
        return reports.events(context, frame, students, waiting, unknown)

    return course_events


def build_google_changes() -> dg.AssetsDefinition:
    """The plan, from desired events and what stands."""

    @_asset("python", reports.CHANGE_CHECKS, io_manager_key="frames", dagster_type=FRAME)
    def google_changes(
        context: dg.AssetExecutionContext,
        course_events: pd.DataFrame,
        google: Google,
        database: Database,
        clock: Clock,
    ) -> reports.FrameResult:
        """What differs between the desired events and what stands, after the brake. Nothing is written."""
        made_from = course_events.attrs.get(SCOPE, {})
        owners, changed_since = _current(made_from, database)
        desired = [one for one in course_events_from_frame(course_events) if one.calendar in owners]
        with google.connect(database.engine) as provider:
            plan = plan_students(
                owners,
                desired,
                Calendars(database.engine, provider, context.run.run_id),
                deleted_dates=provider.deleted_dates,
                now=clock.now(),
                whole=made_from.get("whole", False) and not changed_since,
                force=made_from.get("force", False),
            )
        return reports.changes(context, plan, owners, changed_since, made_from)

    return google_changes


def build_google_calendars() -> dg.AssetsDefinition:
    """Calendars, from the plan."""

    @_asset("google", reports.CALENDAR_CHECKS, output_required=False)
    def google_calendars(
        context: dg.AssetExecutionContext,
        config: ApplyConfig,
        google_changes: pd.DataFrame,
        google: Google,
        database: Database,
        clock: Clock,
    ) -> Iterator[reports.Result | dg.AssetCheckResult]:
        """What stands in students' calendars once the changes are written; a dry run writes nothing."""
        made_from = google_changes.attrs.get(SCOPE, {})
        owners, changed_since = _current(made_from, database)
        free, held = changes_from_frame(google_changes)
        free = [change for change in free if change.calendar in owners]
        if config.dry_run:
            yield from reports.dry_run(context, free, owners, database.engine)
            return
        began = clock.now()
        with google.connect(database.engine) as provider:
            calendars = Calendars(database.engine, provider, context.run.run_id)
            applied = apply_changes(
                free,
                calendars,
                now=began,
                on_progress=lambda done, total: context.log.info("(%d of %d changes)", done, total),
                force=made_from.get("force", False),
            )
        ended = how_it_ended(owners, held, reports.unreadable_of(made_from), applied)
        _note(ended, database, began=began, now=clock.now())
        yield from reports.calendars(context, ended, applied, changed_since, database.engine)

    return google_calendars


def _current(made_from: Mapping[str, Any], database: Database) -> tuple[dict[str, Owner], list[str]]:
    """The people whose desired events still hold, by calendar, and those whom a change concerned since.

    Who changed meanwhile is due again, so nothing is lost: an older plan must not undo a newer one.
    """
    owners = {calendar: Owner(**owner) for calendar, owner in made_from.get("owners", {}).items()}
    now = generations(database.engine, [owner.user for owner in owners.values()])
    current = {key: owner for key, owner in owners.items() if now.get(owner.user) == owner.generation}
    return current, sorted(owner.email for key, owner in owners.items() if key not in current)


def _note(ended: Sequence[Ended], database: Database, *, began: datetime, now: datetime) -> None:
    """Write down how each person's sync ended: who is done, who has to act, who stays due.

    Whoever connected their account again since the run began is not asked once more.
    """
    finish(
        database.engine,
        {one.owner.user: one.owner.generation for one in ended if one.state is State.SYNCED},
        {one.owner.user: f"{one.state}: {one.problem}" for one in ended if one.state is not State.SYNCED},
        now=now,
    )
    mark_needs_sign_in(
        database.engine, {one.calendar: one.problem for one in ended if one.state is State.SIGN_IN}, began
    )
    mark_missing(database.engine, [one.calendar for one in ended if one.state is State.MISSING], now)
