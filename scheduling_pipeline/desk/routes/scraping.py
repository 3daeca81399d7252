"""The schedules of whoever is signed in, for programs: another's are as if they were not there."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import TheDesk
from scheduling_pipeline.desk.data import scraping
from scheduling_pipeline.desk.data.scraping import ShownSchedule, load_schedule, load_schedules
from scheduling_pipeline.desk.data.scraping_history import sync_progress
from scheduling_pipeline.desk.etags import IfNoneMatch, unless_known
from scheduling_pipeline.desk.forms import Number
from scheduling_pipeline.desk.routes.scraping_models import (
    DaemonShown,
    Deleted,
    NewSchedule,
    PreviewBody,
    PreviewShown,
    RunRequested,
    ScheduleChanges,
    ScheduleShown,
    SimpleState,
    SimpleStatus,
    SyncShown,
)
from scheduling_pipeline.work_orders.schedule import ScheduleType, State

router = APIRouter(prefix="/api/scraping-schedules", tags=["scrape schedules"])
RECENT = timedelta(hours=2)


@router.get("")
@router.get("/")
def get_schedules(desk: TheDesk, visitor: SignedIn) -> list[ScheduleShown]:
    """Your schedules."""
    return [ScheduleShown.of(shown) for shown in load_schedules(desk.engine, visitor.user_id, desk.now())]


@router.post("", status_code=201)
@router.post("/", status_code=201)
def post_schedule(desk: TheDesk, visitor: SignedIn, body: NewSchedule) -> ScheduleShown:
    """Make a schedule; 400 where you have one of that type already."""
    now = desk.now()
    zone = desk.options.work_orders.zone
    made = scraping.create_schedule(desk.engine, visitor, body.schedule_type, body.fields, zone=zone, now=now)
    return ScheduleShown.of(load_schedule(desk.engine, visitor.user_id, made.id, now))


@router.post("/preview")
def post_preview(desk: TheDesk, visitor: SignedIn, body: PreviewBody) -> PreviewShown:
    """When a schedule with these fields would run. Nothing is saved."""
    now = desk.now()
    coming = scraping.preview(
        desk.engine,
        visitor.user_id,
        body.schedule_type,
        body.schedule_id,
        body.fields,
        zone=desk.options.work_orders.zone,
        now=now,
    )
    return PreviewShown.of(coming, now)


@router.get("/status/daemon")
def get_daemon(desk: TheDesk) -> DaemonShown:
    """Whether the scheduler runs, when it last looked for what is due, and what it did."""
    return DaemonShown.of(desk.outside.daemon())


@router.get("/simple-status")
def get_simple_status(desk: TheDesk, visitor: SignedIn) -> SimpleStatus:
    """How your work orders' schedule stands."""
    now = desk.now()
    for shown in load_schedules(desk.engine, visitor.user_id, now):
        if shown.schedule.type == ScheduleType.WORK_ORDERS:
            status, message = _simple(shown, now)
            return SimpleStatus(
                status=status,
                message=message,
                schedule_id=shown.schedule.id,
                last_run=shown.schedule.last_run,
                next_run=shown.schedule.next_run,
            )
    return SimpleStatus(status="not_configured", message="there is no schedule for work orders")


@router.get("/{schedule_id}", response_model=ScheduleShown, responses={304: {"model": None}, 404: {}})
def get_schedule(
    desk: TheDesk, visitor: SignedIn, schedule_id: Number, if_none_match: IfNoneMatch = None
) -> Response:
    """One schedule; 304 where nothing has changed since the answer with that ETag."""
    shown = load_schedule(desk.engine, visitor.user_id, schedule_id, desk.now())
    return unless_known(ScheduleShown.of(shown), if_none_match)


@router.put("/{schedule_id}")
def put_schedule(
    desk: TheDesk, visitor: SignedIn, schedule_id: Number, body: ScheduleChanges
) -> ScheduleShown:
    """Set some fields; the answer has the next run by them. Failures are forgiven."""
    now = desk.now()
    scraping.change_schedule(desk.engine, visitor, schedule_id, body.fields, now)
    return ScheduleShown.of(load_schedule(desk.engine, visitor.user_id, schedule_id, now))


@router.delete("/{schedule_id}")
def delete_schedule(desk: TheDesk, visitor: SignedIn, schedule_id: Number) -> Deleted:
    """Delete a schedule; its history stays."""
    scraping.remove_schedule(desk.engine, visitor, schedule_id, desk.now())
    return Deleted(deleted=1)


@router.post("/{schedule_id}/run", status_code=202)
def post_run(desk: TheDesk, visitor: SignedIn, schedule_id: Number) -> RunRequested:
    """Ask for a run now: also of a schedule that is paused or has failed. Its cadence stays."""
    now = desk.now()
    return RunRequested.of(scraping.run_now(desk.engine, visitor, schedule_id, now), now)


@router.post("/{schedule_id}/reset")
def post_reset(desk: TheDesk, visitor: SignedIn, schedule_id: Number) -> ScheduleShown:
    """Forgive the failures, so that automatic runs go on."""
    now = desk.now()
    scraping.reset_schedule(desk.engine, visitor, schedule_id, now)
    return ScheduleShown.of(load_schedule(desk.engine, visitor.user_id, schedule_id, now))


@router.get(
    "/{schedule_id}/sync-progress", response_model=SyncShown, responses={304: {"model": None}, 404: {}}
)
def get_sync_progress(
    desk: TheDesk, visitor: SignedIn, schedule_id: Number, if_none_match: IfNoneMatch = None
) -> Response:
    """How far a run is; 304 where nothing has changed since the answer with that ETag."""
    now = desk.now()
    schedule = load_schedule(desk.engine, visitor.user_id, schedule_id, now).schedule
    return unless_known(SyncShown.of(sync_progress(desk.engine, schedule, now), schedule), if_none_match)


def _simple(shown: ShownSchedule, now: datetime) -> tuple[SimpleState, str]:
    """A word and a sentence."""
    schedule = shown.schedule
    if schedule.state is State.FAILED:
        return "failed", f"stopped after {schedule.consecutive_failures} failures in a row"
    if schedule.state is State.PAUSED:
        return "paused", "automatic runs are paused"
    if schedule.last_run is None:
        return "starting", "the first run has not ended yet"
    if shown.success and shown.success.completed_at and now - shown.success.completed_at <= RECENT:
        return "active", f"last sync {shown.success.items.processed} items"
    return "active", f"next run {shown.next_run_text}"
