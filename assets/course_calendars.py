"""Course calendars: the catalogue's courses become weekly events in students' Google calendars.

`course_catalogue`, `course_events`, `google_changes`, `google_calendars`. A run is about some people: those
who are due, those named in its config, or everybody. What one of them lacks never stops the others.
"""

from collections.abc import Callable, Iterator, Sequence
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
    Request,
    apply_changes,
    how_it_ended,
    note,
    plan_students,
)
from scheduling_pipeline.courses.catalogue import refresh
from scheduling_pipeline.courses.credentials import needing_sign_in
from scheduling_pipeline.courses.events import SCOPE, EventBuilder
from scheduling_pipeline.courses.frames import course_events_from_frame, course_events_to_frame
from scheduling_pipeline.courses.rosters import load_catalogue, load_students
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
        request = Request.about(ready, whole=not config.users, force=config.force)
        frame = course_events_to_frame(
            {student.email: builder.of(student) for student in ready}, request.to_json()
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
        asked = Request.from_json(course_events.attrs.get(SCOPE, {}))
        request, changed_since = asked.still_true(database.engine)
        desired = course_events_from_frame(course_events)
        with google.connect(database.engine) as provider:
            plan = plan_students(
                request,
                [event for event in desired if event.calendar in request.owners],
                Calendars(database.engine, provider, context.run.run_id),
                edited_dates=provider.edited_dates,
                now=clock.now(),
            )
        return reports.changes(context, plan, request, changed_since)

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
        planned = google_changes.attrs.get(SCOPE, {})
        request, changed_since = Request.from_json(planned).still_true(database.engine)
        free, held = changes_from_frame(google_changes)
        free = [change for change in free if change.calendar in request.owners]
        if config.dry_run:
            yield from reports.dry_run(context, free, request.names, database.engine)
            return
        began = clock.now()
        with google.connect(database.engine) as provider:
            provider.prepare({change.calendar for change in free})
            calendars = Calendars(database.engine, provider, context.run.run_id)
            applied = apply_changes(
                free,
                calendars,
                now=began,
                on_progress=lambda done, total: context.log.info("(%d of %d changes)", done, total),
                force=request.force,
            )
        ended = how_it_ended(request.owners, held, reports.unreadable_of(planned), applied)
        note(request, ended, calendars, began=began, now=clock.now())
        yield from reports.calendars(context, ended, applied, changed_since, database.engine)

    return google_calendars
