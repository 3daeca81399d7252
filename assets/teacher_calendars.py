"""Teacher calendars: the booking site's timetable becomes events in Outlook, partitioned by agenda.

`timetable`, `outlook_events`, `outlook_changes`, `outlook_calendars`, with `teacher_accounts` observed. One
run may hold several agendas: what one of them lacks never stops the others.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

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
from resources.outlook_legacy import legacy_events
from resources.sparksource import SparkSource
from scheduling_pipeline.calendars.access import Calendars
from scheduling_pipeline.calendars.apply import Progress
from scheduling_pipeline.calendars.frames import changes_from_frame
from scheduling_pipeline.calendars.model import Change
from scheduling_pipeline.database.leases import LeaseTimeoutError
from scheduling_pipeline.digest import digest
from scheduling_pipeline.settings import TeacherCalendarSettings
from scheduling_pipeline.teacher_calendars import (
    AgendaPlan,
    NothingReachableError,
    StaleReadingError,
    apply_changes,
    desire,
    fresh_weeks,
    plan_agenda,
    read_timetables,
    require_current,
)
from scheduling_pipeline.timetable.activities import categories
from scheduling_pipeline.timetable.adoption import AdoptionNeededError, require_decision, where_to_look
from scheduling_pipeline.timetable.events import Desired
from scheduling_pipeline.timetable.frames import desired_from_frame, readings_used, weeks_from_frame
from scheduling_pipeline.timetable.model import Agenda, Kind
from scheduling_pipeline.timetable.readings import StoredWeek, last_complete_at
from scheduling_pipeline.timetable.roster import load_roster
from scheduling_pipeline.timetable.teachers import load_accounts, record_unmatched, save_accounts

GROUP = "teacher_calendars"
OWNERS = ["team:scheduling"]
FRAME = dg.PythonObjectDagsterType(pd.DataFrame, name="Frame")


# What concerns one agenda alone: the others of the run go on.
EXPECTED = (StaleReadingError, AdoptionNeededError, LeaseTimeoutError, NothingReachableError)


class ReadConfig(dg.Config):
    """How much of the timetable to read."""

    weeks: int | None = None  # the current week and those after it; by default as the settings say


class WriteConfig(dg.Config):
    """Whether to write."""

    dry_run: bool = False  # show the plan, write nothing


def build_teacher_calendars(
    agendas: Agendas, settings: TeacherCalendarSettings
) -> list[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """The assets and checks of the flow, for the live agendas of a catalogue."""
    return [
        build_teacher_accounts(),
        build_timetable(agendas, settings),
        build_outlook_events(agendas, settings),
        build_outlook_changes(agendas, settings),
        build_outlook_calendars(agendas, settings),
        build_age_check(agendas, settings),
    ]


def _asset(
    agendas: Agendas,
    kind: str,
    checks: Sequence[dg.AssetCheckSpec],
    **options: Any,  # noqa: ANN401
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """An asset of the flow, with what all of them have in common."""
    decorator: Callable[[Callable[..., Any]], dg.AssetsDefinition] = dg.asset(
        partitions_def=agendas.partitions,
        group_name=GROUP,
        owners=OWNERS,
        kinds={kind},
        io_manager_key="frames",
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=checks,
        dagster_type=FRAME,
        **options,
    )
    return decorator


def build_teacher_accounts() -> dg.AssetsDefinition:
    """The directory, observed."""
    spec = dg.AssetSpec(
        "teacher_accounts",
        description="The directory's accounts: who can be given a calendar.",
        group_name=GROUP,
        owners=OWNERS,
        kinds={"azure"},
    )

    observable: Callable[[Callable[..., Any]], dg.AssetsDefinition] = dg.multi_observable_source_asset(
        name="observe_teacher_accounts", specs=[spec]
    )

    @observable
    def teacher_accounts(graph: Graph, database: Database, clock: Clock) -> dg.ObserveResult:
        return dg.ObserveResult(spec.key, data_version=read_accounts(graph, database, clock))

    return teacher_accounts


def read_accounts(graph: Graph, database: Database, clock: Clock) -> dg.DataVersion:
    """Read the directory and keep it; the version changes when an account does."""
    with graph.connect() as client:
        accounts = list_accounts(client)
    save_accounts(database.engine, accounts, now=clock.now())
    return dg.DataVersion(digest(sorted([one.id, one.upn, one.display_name] for one in accounts)))


def build_timetable(agendas: Agendas, settings: TeacherCalendarSettings) -> dg.AssetsDefinition:
    """Lessons, read from the booking site."""

    @_asset(agendas, "playwright", reports.TIMETABLE_CHECKS)
    def timetable(
        context: dg.AssetExecutionContext,
        config: ReadConfig,
        sparksource: SparkSource,
        database: Database,
        clock: Clock,
    ) -> reports.FrameResult:
        """Lessons as the booking site shows them. A week that could not be read keeps its last good rows."""
        read = read_timetables(
            sparksource,
            [(agenda, config.weeks or settings.weeks(agenda.kind)) for agenda in agendas.of_run(context)],
            engine=database.engine,
            run_id=context.run.run_id,
            now=clock.now(),
            on_progress=lambda text, done, total: context.log.info("%s (%d of %d weeks)", text, done, total),
        )
        return reports.timetable(context, agendas.of_run(context), read)

    return timetable


def build_outlook_events(agendas: Agendas, settings: TeacherCalendarSettings) -> dg.AssetsDefinition:
    """Desired events, from lessons and accounts."""

    @_asset(agendas, "pandas", reports.EVENT_CHECKS, deps=["teacher_accounts", "teachers"])
    def outlook_events(
        context: dg.AssetExecutionContext,
        timetable: pd.DataFrame,
        graph: Graph,
        database: Database,
        clock: Clock,
    ) -> reports.FrameResult:
        """The events that should stand: dated private lessons, and weekly series of method classes."""
        now = clock.now()
        version = read_accounts(graph, database, clock)
        context.log_event(dg.AssetObservation("teacher_accounts", tags={reports.DATA_VERSION: version.value}))
        accounts = load_accounts(database.engine)
        roster = load_roster(database.engine)

        def work(agenda: Agenda) -> tuple[list[StoredWeek], Desired]:
            weeks = weeks_from_frame(agenda, timetable, timetable.attrs.get(agenda.key, {}).get("weeks", {}))
            fresh = fresh_weeks(agenda, weeks, max_age=settings.max_age(agenda.kind), now=now)
            return fresh, desire(agenda, fresh, accounts, settings.overrides, now, roster=roster)

        desired = work_through(agendas.of_run(context), work, expected=(StaleReadingError,))
        since = {
            key: record_unmatched(database.engine, key, found.unmatched, now=now)
            for key, (_, found) in desired.values.items()
        }
        return reports.events(context, desired, since, accounts)

    return outlook_events


def build_outlook_changes(agendas: Agendas, settings: TeacherCalendarSettings) -> dg.AssetsDefinition:
    """The plan, from desired events and what stands."""

    @_asset(agendas, "python", reports.CHANGE_CHECKS)
    def outlook_changes(
        context: dg.AssetExecutionContext,
        outlook_events: pd.DataFrame,
        graph: Graph,
        database: Database,
        clock: Clock,
    ) -> reports.FrameResult:
        """What differs between the desired events and what stands, after the brake. Nothing is written."""
        now = clock.now()
        with graph.connect() as client:
            calendars = Calendars(database.engine, Outlook(client), context.run.run_id)

            def work(agenda: Agenda) -> AgendaPlan:
                made_from = _current(outlook_events, agenda, "outlook_events", settings, database, now)
                desired = desired_from_frame(agenda, outlook_events, made_from)
                undecided = require_decision(
                    agenda,
                    where_to_look(load_accounts(database.engine)),
                    find=partial(
                        calendars.look_into,
                        partial(legacy_events, client, kind=agenda.kind, zone=agenda.zone),
                    ),
                    engine=database.engine,
                    provider=calendars.provider.name,
                    now=now,
                )
                return plan_agenda(agenda, desired, calendars, now=now, undecided=undecided)

            plans = work_through(agendas.of_run(context), work, expected=EXPECTED)
        return reports.changes(context, plans, outlook_events.attrs, load_accounts(database.engine))

    return outlook_changes


def build_outlook_calendars(agendas: Agendas, settings: TeacherCalendarSettings) -> dg.AssetsDefinition:
    """Calendars, from the plan."""

    @_asset(agendas, "outlook", reports.CALENDAR_CHECKS, output_required=False)
    def outlook_calendars(
        context: dg.AssetExecutionContext,
        config: WriteConfig,
        outlook_changes: pd.DataFrame,
        graph: Graph,
        database: Database,
        clock: Clock,
    ) -> Iterator[reports.FrameResult | dg.AssetCheckResult]:
        """What stands in teachers' calendars once the changes are written; a dry run writes nothing."""
        free, _held = changes_from_frame(outlook_changes)
        if config.dry_run:
            yield reports.dry_run(context, free)
            return
        now = clock.now()
        with graph.connect() as client:
            calendars = Calendars(database.engine, Outlook(client), context.run.run_id)
            masters = MasterCategories(client)
            dealt_with = 0

            def work(agenda: Agenda) -> reports.Written:
                nonlocal dealt_with
                _current(outlook_changes, agenda, "outlook_changes", settings, database, now)
                changes = [change for change in free if change.scope == agenda.key]
                coloured, presets = _coloured(changes)
                with calendars.reserve(coloured):
                    warnings = masters.ensure(coloured, presets)
                log = _progress_log(context, dealt_with, len(free))
                applied = apply_changes(changes, calendars, now=now, on_progress=log)
                dealt_with += len(changes)
                return reports.Written(applied, calendars.ledger.live(agenda.key), warnings)

            written = work_through(
                agendas.of_run(context), work, expected=(StaleReadingError, LeaseTimeoutError)
            )
        yield reports.calendars(context, written, load_accounts(database.engine))

    return outlook_calendars


def build_age_check(agendas: Agendas, settings: TeacherCalendarSettings) -> dg.AssetChecksDefinition:
    """Whether agendas are still being read."""

    @dg.asset_check(asset="timetable", name="age")
    def age(database: Database, clock: Clock) -> dg.AssetCheckResult:
        """Whether every live agenda was read completely within its interval: a silent stop is a fault too."""
        last = last_complete_at(database.engine, [agenda.key for agenda in agendas.live])
        limits = {agenda.key: settings.max_age(agenda.kind) for agenda in agendas.live}
        return reports.age(last, limits, clock.now())

    return age


def _current(
    frame: pd.DataFrame,
    agenda: Agenda,
    asset: str,
    settings: TeacherCalendarSettings,
    database: Database,
    now: datetime,
) -> Mapping[str, Any]:
    """What an asset's frame was made from, for an agenda. Raises StaleReadingError when it is outdated."""
    made_from: Mapping[str, Any] | None = frame.attrs.get(agenda.key)
    if made_from is None:
        raise StaleReadingError(f"{agenda.label}: materialize {asset} for it first.")
    max_age = settings.max_age(agenda.kind)
    require_current(database.engine, agenda, readings_used(made_from), max_age=max_age, now=now)
    return made_from


def _progress_log(context: dg.AssetExecutionContext, before: int, total: int) -> Progress:
    """Notes in the run's log how many of its changes are dealt with, over all its agendas."""
    return lambda done, _total: context.log.info("(%d of %d changes)", before + done, total)


def _coloured(changes: Sequence[Change]) -> tuple[list[str], dict[str, str]]:
    """The calendars that are about to get categorised events, and the categories with their colours."""
    events = [change.after for change in changes if change.after and change.after.content.categories]
    used = {name for event in events for name in event.content.categories}
    presets = {name: colour for name, colour in categories(Kind.PRIVATE, used).items() if name in used}
    return sorted({event.calendar for event in events}), presets
