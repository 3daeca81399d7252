"""Teacher calendars: the booking site's timetable becomes events in Outlook, partitioned by agenda.

`timetable`, `outlook_events`, `outlook_changes`, `outlook_calendars`, with `teacher_accounts` observed. One
run may hold several agendas: what one of them lacks never stops the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import pandas as pd

from assets import reports
from assets.agendas import Agendas, work_through
from resources.clock import Clock
from resources.database import Database
from resources.directory import list_accounts
from resources.graph import Graph
from resources.outlook import Outlook
from resources.outlook_categories import MasterCategories
from resources.sparksource import SparkSource
from scheduling_pipeline.calendars.frames import changes_from_frame
from scheduling_pipeline.calendars.model import digest
from scheduling_pipeline.database.leases import LeaseTimeoutError
from scheduling_pipeline.settings import TeacherCalendarSettings
from scheduling_pipeline.teacher_calendars import (
    AgendaPlan,
    Calendars,
    StaleReadingError,
    apply_changes,
    desire,
    fresh_weeks,
    plan_agenda,
    read_timetables,
    require_newest,
)
from scheduling_pipeline.timetable.activities import categories
from scheduling_pipeline.timetable.adoption import AdoptionNeededError, require_decision
from scheduling_pipeline.timetable.events import Desired
from scheduling_pipeline.timetable.frames import desired_from_frame, reading_ids, weeks_from_frame
from scheduling_pipeline.timetable.model import Agenda, Kind
from scheduling_pipeline.timetable.readings import StoredWeek, last_complete_at
from scheduling_pipeline.timetable.teachers import load_accounts, record_unmatched, save_accounts

GROUP = "teacher_calendars"
OWNERS = ["team:scheduling"]
LOGIN_POOL = "sparksource_login"


# What concerns one agenda alone: the others of the run go on.
EXPECTED = (StaleReadingError, AdoptionNeededError, LeaseTimeoutError)


class ReadConfig(dg.Config):
    """How much of the timetable to read."""

    weeks: int | None = None  # the current week and those after it; by default as the settings say


class WriteConfig(dg.Config):
    """Whether to write."""

    dry_run: bool = False  # show the plan, write nothing


def build_teacher_calendars(
    agendas: Agendas, settings: TeacherCalendarSettings
) -> list[dg.AssetsDefinition | dg.AssetChecksDefinition | dg.SourceAsset]:
    """The assets and checks of the flow, for the live agendas of a catalogue."""
    common = {
        "partitions_def": agendas.partitions,
        "group_name": GROUP,
        "owners": OWNERS,
        "io_manager_key": "frames",
        "backfill_policy": dg.BackfillPolicy.single_run(),
    }

    def weeks_of(agenda: Agenda, config: ReadConfig) -> int:
        default = settings.method_weeks if agenda.kind is Kind.METHOD else settings.private_weeks
        return config.weeks or default

    def max_age(agenda: Agenda) -> timedelta:
        method = agenda.kind is Kind.METHOD
        return timedelta(hours=settings.method_max_age_hours if method else settings.private_max_age_hours)

    @dg.observable_source_asset(group_name=GROUP, description="The directory: who can be given a calendar.")
    def teacher_accounts(graph: Graph, database: Database, clock: Clock) -> dg.DataVersion:
        return observe_accounts(graph, database, clock)

    @dg.asset(**common, kinds={"playwright"}, pool=LOGIN_POOL, check_specs=reports.TIMETABLE_CHECKS)
    def timetable(
        context: dg.AssetExecutionContext,
        config: ReadConfig,
        sparksource: SparkSource,
        database: Database,
        clock: Clock,
    ) -> dg.MaterializeResult[pd.DataFrame]:
        """Lessons as the booking site shows them. A week that could not be read keeps its last good rows."""
        read = read_timetables(
            sparksource,
            [(agenda, weeks_of(agenda, config)) for agenda in agendas.of_run(context)],
            engine=database.engine,
            run_id=context.run_id,
            now=clock.now(),
            on_progress=lambda text, done, total: context.log.info("%s (%d of %d weeks)", text, done, total),
        )
        return reports.timetable(context, agendas.of_run(context), read)

    @dg.asset(**common, kinds={"pandas"}, deps=[teacher_accounts], check_specs=reports.EVENT_CHECKS)
    def outlook_events(
        context: dg.AssetExecutionContext,
        timetable: pd.DataFrame,
        graph: Graph,
        database: Database,
        clock: Clock,
    ) -> dg.MaterializeResult[pd.DataFrame]:
        """The events that should stand: a dated one for each private lesson, a series for each method class."""
        now = clock.now()
        version = observe_accounts(graph, database, clock)
        context.log_event(dg.AssetObservation("teacher_accounts", tags={reports.DATA_VERSION: version.value}))
        accounts = load_accounts(database.engine)

        def work(agenda: Agenda) -> tuple[list[StoredWeek], Desired]:
            weeks = weeks_from_frame(agenda, timetable, timetable.attrs.get(agenda.key, {}).get("weeks", {}))
            fresh = fresh_weeks(agenda, weeks, max_age=max_age(agenda), now=now)
            return fresh, desire(agenda, fresh, accounts, settings.overrides, now)

        desired = work_through(agendas.of_run(context), work, expected=(StaleReadingError,))
        since = {
            key: record_unmatched(database.engine, key, found.unmatched, now=now)
            for key, (_, found) in desired.values.items()
        }
        return reports.events(context, desired, since, accounts)

    @dg.asset(**common, kinds={"python"}, check_specs=reports.CHANGE_CHECKS)
    def outlook_changes(
        context: dg.AssetExecutionContext,
        outlook_events: pd.DataFrame,
        graph: Graph,
        database: Database,
        clock: Clock,
    ) -> dg.MaterializeResult[pd.DataFrame]:
        """What differs between the desired events and what stands, after the brake. Nothing is written."""
        now = clock.now()
        with graph.connect() as client:
            calendars = Calendars(database.engine, Outlook(client), context.run_id)

            def work(agenda: Agenda) -> AgendaPlan:
                made_from = outlook_events.attrs.get(agenda.key)
                if made_from is None:
                    raise StaleReadingError(f"{agenda.label}: materialize outlook_events for it first.")
                require_newest(database.engine, agenda, reading_ids(made_from))
                desired = desired_from_frame(agenda, outlook_events, made_from)
                require_decision(agenda, desired, client, calendars, now=now)
                return plan_agenda(agenda, desired, calendars, now=now)

            plans = work_through(agendas.of_run(context), work, expected=EXPECTED)
        return reports.changes(context, plans, load_accounts(database.engine))

    @dg.asset(**common, kinds={"outlook"}, output_required=False, check_specs=reports.CALENDAR_CHECKS)
    def outlook_calendars(
        context: dg.AssetExecutionContext,
        config: WriteConfig,
        outlook_changes: pd.DataFrame,
        graph: Graph,
        database: Database,
        clock: Clock,
    ) -> Iterator[dg.MaterializeResult[pd.DataFrame]]:
        """What stands in teachers' calendars once the changes are written; a dry run writes nothing."""
        free, _held = changes_from_frame(outlook_changes)
        if config.dry_run:
            context.log.info("dry run: %d changes were planned and none was written", len(free))
            return
        with graph.connect() as client:
            calendars = Calendars(database.engine, Outlook(client), context.run_id)
            used = {event.calendar: event.content.categories for c in free if (event := c.after)}
            presets = categories(Kind.PRIVATE, {name for names in used.values() for name in names})
            coloured = [calendar for calendar, names in used.items() if names]
            warnings = MasterCategories(client).ensure(coloured, presets)
            applied = apply_changes(
                free,
                calendars,
                now=clock.now(),
                on_progress=lambda done, total: context.log.info("(%d of %d changes)", done, total),
            )
        live = {agenda.key: calendars.ledger.live(agenda.key) for agenda in agendas.of_run(context)}
        yield reports.calendars(context, applied, live, warnings, load_accounts(database.engine))

    @dg.asset_check(asset=timetable, name="age")
    def age(database: Database, clock: Clock) -> dg.AssetCheckResult:
        """Whether every live agenda was read completely within its interval: a silent stop is a fault too."""
        last = last_complete_at(database.engine, [agenda.key for agenda in agendas.live])
        limits = {agenda.key: max_age(agenda) for agenda in agendas.live}
        return reports.age(last, limits, clock.now())

    return [teacher_accounts, timetable, outlook_events, outlook_changes, outlook_calendars, age]


def observe_accounts(graph: Graph, database: Database, clock: Clock) -> dg.DataVersion:
    """Read the directory and keep it; the version changes when an account does."""
    with graph.connect() as client:
        accounts = list_accounts(client)
    save_accounts(database.engine, accounts, now=clock.now())
    return dg.DataVersion(
        digest(sorted([account.id, account.upn, account.display_name] for account in accounts))
    )
