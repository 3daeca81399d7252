"""The jobs of the course calendars: bringing them up to date, making them, comparing them with the ledger."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from pydantic import Field

from assets import course_job_reports as reports
from assets.course_calendars import GROUP, WhoConfig
from assets.course_reports import not_among
from assets.jobs import AssetJob
from assets.metadata import PREVIEW_ROWS
from resources.clock import Clock
from resources.database import Database
from resources.google import Google
from scheduling_pipeline.calendars.access import Calendars
from scheduling_pipeline.course_calendars import forget_calendars
from scheduling_pipeline.courses.credentials import UnknownUserError
from scheduling_pipeline.courses.provision import CalendarSetUp, Provided
from scheduling_pipeline.courses.reconciliation import reconcile
from scheduling_pipeline.courses.standing import ready_calendars
from scheduling_pipeline.settings import CourseCalendarSettings

CATALOGUE_JOB = "refresh_course_catalogue"
COURSES_JOB = "sync_course_calendars"
CREATE_JOB = "create_course_calendars"
RECONCILE_JOB = "reconcile_course_calendars"
SELECTION = dg.AssetSelection.groups(GROUP)


def build_course_jobs() -> list[AssetJob]:
    """The job for those who are due comes first; then one for a single person, one for everybody, and one for
    the catalogue alone."""

    @dg.config_mapping(
        config_schema={
            "email": dg.Field(str, description="Whose calendar."),
            "force": dg.Field(
                bool, default_value=False, description="Also put right what the person changed by hand."
            ),
        }
    )
    def one_person(config: dict[str, Any]) -> dict[str, Any]:
        return _who(WhoConfig(users=[config["email"]], force=config["force"]))

    return [
        dg.define_asset_job(
            COURSES_JOB,
            selection=SELECTION,
            description="Bring the calendars of all who are due up to date: never synced, or changed since.",
        ),
        dg.define_asset_job(
            "sync_one_course_calendar",
            selection=SELECTION,
            config=one_person,
            description="Bring one person's calendar up to date, due or not.",
        ),
        dg.define_asset_job(
            "force_all_course_calendars",
            selection=SELECTION,
            config=_who(WhoConfig(everybody=True, force=True)),
            description="Everybody's calendars, and what people changed or deleted by hand is put right.",
        ),
        dg.define_asset_job(
            CATALOGUE_JOB,
            selection=dg.AssetSelection.assets("course_catalogue"),
            description="Bring the catalogue to the newest files, so that new people can sign in.",
        ),
    ]


def _who(config: WhoConfig) -> dict[str, Any]:
    return {"ops": {"course_events": {"config": config.model_dump()}}}


class CreateConfig(dg.Config):
    """Whom to give a calendar."""

    users: list[str] = Field(
        default=[], description="E-mail addresses; none: all who signed in and have no calendar."
    )
    again: bool = Field(
        default=False, description="For those who are named, also in place of a calendar that is missing."
    )


def build_create_job(settings: CourseCalendarSettings) -> dg.JobDefinition:
    """The only job that creates calendars."""

    @dg.op(description="Creates the calendars, shares them with their owners and puts them on their lists.")
    def create_calendars(
        context: dg.OpExecutionContext, config: CreateConfig, google: Google, database: Database, clock: Clock
    ) -> None:
        with google.service_calendars() as owner:
            setup = CalendarSetUp(
                engine=database.engine,
                cipher=google.cipher,
                owner=owner,
                summary=settings.calendar_name,
                zone=settings.zone,
                now=clock.now(),
            )
            provided = (
                [_provide(setup, email, again=config.again) for email in config.users]
                if config.users
                else list(setup.provide_missing())
            )
        replaced = [one.replaced for one in provided if one.replaced]
        with google.connect(database.engine) as provider:
            forget_calendars(Calendars(database.engine, provider, context.run_id), replaced, now=clock.now())
        problems = [f"{one.person}: {one.problem}" for one in provided if one.problem]
        _tell(context, reports.provided(provided), problems, total=len(provided))

    @dg.job(
        name=CREATE_JOB,
        description="Give everybody who signed in a course calendar, once; no other run creates one.",
    )
    def create_course_calendars() -> None:
        create_calendars()

    return create_course_calendars


def _provide(setup: CalendarSetUp, email: str, *, again: bool) -> Provided:
    """An address that nobody has stops nobody else."""
    try:
        return setup.provide(email, again=again)
    except UnknownUserError as error:
        return Provided(email, problem=str(error))


class ReconcileConfig(dg.Config):
    """What to compare, and whether to act on it."""

    users: list[str] = Field(default=[], description="E-mail addresses; none: everybody.")
    dry_run: bool = Field(default=True, description="Report only.")
    complete: bool = Field(
        default=False, description="List all events, not only what changed since the last time."
    )


def build_reconcile_job() -> dg.JobDefinition:
    """Compares what stands with the ledger."""

    @dg.op(description="Lists what is ours in the calendars and compares it with the ledger.")
    def compare_with_ledger(
        context: dg.OpExecutionContext,
        config: ReconcileConfig,
        google: Google,
        database: Database,
        clock: Clock,
    ) -> None:
        owners = ready_calendars(database.engine, config.users)
        with google.connect(database.engine) as provider:
            found = reconcile(
                owners,
                Calendars(database.engine, provider, context.run_id),
                changes_since=provider.changes_since,
                now=clock.now(),
                dry_run=config.dry_run,
                complete=config.complete,
            )
        unknown = not_among(config.users, owners.values())
        not_read = {
            **{owners[calendar]: why.detail for calendar, why in found.unreadable.items()},
            **dict.fromkeys(unknown, "has no calendar that could be read"),
        }
        metadata = reports.reconciliation(found, owners, not_read, dry_run=config.dry_run)
        problems = [f"{person}: {why}" for person, why in not_read.items()]
        _tell(context, metadata, problems, total=len(owners) + len(unknown))

    @dg.job(
        name=RECONCILE_JOB,
        description="Find what stands in Google but not in the ledger, and the other way round. A dry run"
        " reports; otherwise the ledger takes over what it found, and the next sync of those people acts.",
    )
    def reconcile_course_calendars() -> None:
        compare_with_ledger()

    return reconcile_course_calendars


def _tell(
    context: dg.OpExecutionContext, metadata: Mapping[str, Any], problems: Sequence[str], *, total: int
) -> None:
    """Note what was done, and for whom it was not. Raises dg.Failure when it was for nobody of `total`."""
    context.log_event(dg.AssetObservation("google_calendars", metadata=metadata))
    context.add_output_metadata(metadata)
    if problems:  # there is no check that would say what they are
        context.instance.add_run_tags(context.run_id, {"degraded": "\n".join(problems[:PREVIEW_ROWS])})
    if problems and len(problems) == total:
        raise dg.Failure(f"nothing could be done for anybody: {problems[0]}", allow_retries=False)
