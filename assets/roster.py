"""The field roster: people and events from Crossmark, a proposal, and the submission of what was approved.

`workforce`, `crossmark_events`, `roster_proposal`, `crossmark_schedule`, and `roster_imports` for exports. A
proposal changes nothing outside its own tables; a submission writes only what was approved.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import Field

from assets import roster_reports as reports
from resources.clock import Clock
from resources.crossmark import Crossmark
from resources.database import Database
from scheduling_pipeline.roster.audit import audit
from scheduling_pipeline.roster.imports import import_visits
from scheduling_pipeline.roster.proposals import make_proposal
from scheduling_pipeline.roster.refresh import refresh_events
from scheduling_pipeline.roster.requests import (
    Kind,
    RequestClosedError,
    begin_request,
    finish_request,
    open_requests,
)
from scheduling_pipeline.roster.runs import begin_run, crashed_runs, purge
from scheduling_pipeline.roster.submission import submit
from scheduling_pipeline.roster.workforce import refresh_workforce
from scheduling_pipeline.roster_settings import DeskSettings, RosterSettings

GROUP = "roster"
OWNERS = ["team:scheduling"]
PROPOSE_JOB = "propose_roster"
SUBMIT_JOB = "submit_roster"
AUDIT_JOB = "audit_roster"
IMPORT_JOB = "import_roster_files"
_STEPS: Mapping[Kind, str] = {"propose": "roster_proposal", "submit": "crossmark_schedule"}


class ProposalConfig(dg.Config):
    """What the proposal is made for."""

    request: int = Field(default=0, description="What somebody asked for on the desk; 0: nobody did.")


class SubmissionConfig(dg.Config):
    """What is submitted."""

    request: int = Field(default=0, description="One approval, by its request; 0: all that wait.")


def request_config(kind: Kind, request_id: int) -> dict[str, Any]:
    """The run config of a run that carries out a request."""
    return {"ops": {_STEPS[kind]: {"config": {"request": request_id}}}}


def build_roster(
    settings: RosterSettings, desk: DeskSettings, *, files_zone: ZoneInfo
) -> list[dg.AssetsDefinition]:
    """The assets of the flow. `files_zone`: in which ingestion takes files' times to be."""
    return [
        build_workforce(settings),
        build_crossmark_events(settings),
        build_roster_imports(settings, files_zone),
        build_roster_proposal(settings, desk),
        build_crossmark_schedule(settings, desk),
    ]


def _asset(
    kind: str, checks: Sequence[dg.AssetCheckSpec], deps: Sequence[str] = ()
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """An asset of the flow, with what all of them have in common."""
    decorator: Callable[[Callable[..., Any]], dg.AssetsDefinition] = dg.asset(
        group_name=GROUP, owners=OWNERS, kinds={kind}, check_specs=checks, deps=deps
    )
    return decorator


def build_workforce(settings: RosterSettings) -> dg.AssetsDefinition:
    """People, from Crossmark."""

    @_asset("crossmark", reports.WORKFORCE_CHECKS)
    def workforce(
        context: dg.AssetExecutionContext, crossmark: Crossmark, database: Database, clock: Clock
    ) -> reports.Result:
        """Who can be scheduled, as Crossmark knows them; titles and availability are kept on the desk."""
        with crossmark.connect() as planner:
            done = refresh_workforce(database.engine, planner, settings, clock.now())
        return reports.workforce(context, done)

    return workforce


def build_crossmark_events(settings: RosterSettings) -> dg.AssetsDefinition:
    """Events and what stands, from Crossmark."""

    @_asset("crossmark", reports.EVENT_CHECKS, deps=["workforce"])
    def crossmark_events(
        context: dg.AssetExecutionContext, crossmark: Crossmark, database: Database, clock: Clock
    ) -> reports.Result:
        """Field events and who does them when, as they stand in Crossmark."""
        with crossmark.connect() as planner:
            done = refresh_events(database.engine, planner, settings, clock.now())
        return reports.events(context, done)

    return crossmark_events


def build_roster_imports(settings: RosterSettings, files_zone: ZoneInfo) -> dg.AssetsDefinition:
    """Events and visits from the planner's CSV exports."""

    @_asset("pandas", reports.IMPORT_CHECKS, deps=["work_bank_visits", "calendar_schedule"])
    def roster_imports(context: dg.AssetExecutionContext, database: Database, clock: Clock) -> reports.Result:
        """Events and visits of ingested exports, for stores that Crossmark itself does not list to us."""
        done = import_visits(database.engine, settings, clock.now(), files_zone=files_zone)
        return reports.imports(context, done)

    return roster_imports


def build_roster_proposal(settings: RosterSettings, desk: DeskSettings) -> dg.AssetsDefinition:
    """A proposal, from people, events, rotations and availability."""

    @_asset("python", reports.PROPOSAL_CHECKS, deps=["crossmark_events", "workforce"])
    def roster_proposal(
        context: dg.AssetExecutionContext, config: ProposalConfig, database: Database, clock: Clock
    ) -> reports.Result:
        """Who should do which event on the coming days. It waits on the desk for a manager's approval."""
        engine, now = database.engine, clock.now()
        if config.request:
            run_id = begin_request(engine, config.request, now).run_id
        else:
            crashed_runs(engine, settings, now)  # one that died does not stand in the way
            run_id = begin_run(engine, run_type="automatic", requested_by=None, now=now)
        made = make_proposal(engine, run_id, settings, now)
        if config.request:
            finish_request(engine, config.request, clock.now())
        purged = purge(engine, settings, now)
        return reports.proposal(context, made, purged, settings, desk, engine)

    return roster_proposal


def build_crossmark_schedule(settings: RosterSettings, desk: DeskSettings) -> dg.AssetsDefinition:
    """Crossmark's calendar, from what was approved."""

    @_asset("crossmark", reports.SCHEDULE_CHECKS, deps=["roster_proposal"])
    def crossmark_schedule(
        context: dg.AssetExecutionContext,
        config: SubmissionConfig,
        crossmark: Crossmark,
        database: Database,
        clock: Clock,
    ) -> reports.Result:
        """What stands in Crossmark once everything approved is submitted; without an approval, nothing is."""
        waiting = [
            request.id
            for request in open_requests(database.engine, "submit")
            if config.request in (0, request.id)
        ]
        submitted = []
        for request in waiting:
            # Another run may have carried it out meanwhile.
            with crossmark.connect() as planner, suppress(RequestClosedError):
                done = submit(
                    database.engine,
                    request,
                    planner,
                    settings,
                    run_id=context.run.run_id,
                    now=clock.now,
                    on_progress=partial(context.log.info, "(%d of %d rows)"),
                )
                submitted.append(done)
        return reports.schedule(context, submitted, desk)

    return crossmark_schedule


def build_roster_audit(settings: RosterSettings) -> dg.AssetChecksDefinition:
    """The daily audit of the roster of today and the coming days."""

    @dg.multi_asset_check(specs=reports.AUDIT_CHECKS, name="roster_audit")
    def roster_audit(database: Database, clock: Clock) -> Iterator[dg.AssetCheckResult]:
        yield from reports.audited(audit(database.engine, settings, clock.now()))

    return roster_audit
