"""`rebuild`: clear what we own in the calendars of an agenda, and create it again from fresh readings."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

import typer

from resources.outlook_categories import MasterCategories
from scheduling_pipeline.calendars.apply import Applied
from scheduling_pipeline.calendars.model import Change, ChangeSet
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.commands.agendas import desired, good_weeks, live_agenda, undecided_calendars
from scheduling_pipeline.commands.connections import Tenant, open_tenant
from scheduling_pipeline.commands.errors import CommandError
from scheduling_pipeline.commands.screen import (
    change_table,
    confirm,
    console,
    progress_bar,
    say_what_was_done,
    working,
)
from scheduling_pipeline.teacher_calendars import (
    StaleReadingError,
    apply_changes,
    clearing,
    fresh_weeks,
    plan_agenda,
)
from scheduling_pipeline.timetable.activities import categories
from scheduling_pipeline.timetable.events import Desired
from scheduling_pipeline.timetable.model import Agenda, Kind
from scheduling_pipeline.timetable.protect import protect

REASON = "rebuilt"


def rebuild(key: str, *, execute: bool, yes: bool) -> None:
    """Show what a rebuild of an agenda would do; with `execute`, do it.

    Cleared is only what the fresh readings can bring back: what lies outside them, or belongs to a teacher
    about whom nothing is decided, stays.
    """
    with open_tenant("rebuild") as tenant:
        agenda = live_agenda(tenant.settings, key)
        wanted = _freshly_desired(tenant, agenda)
        undecided = undecided_calendars(tenant, agenda)
        with working(f"looking at what stands of {agenda.label} …"):
            owned = clearing(agenda, tenant.calendars, now=tenant.now)
        removals = _recoverable(tenant, agenda, owned, wanted, undecided)
        coming = _afterwards(tenant, agenda, removals, wanted)
        console.print(change_table(f"Would be cleared: {agenda.label}", removals, tenant.names))
        console.print(change_table(f"Would be created: {agenda.label}", coming.changes, tenant.names))
        console.print(
            f"{len(removals)} to clear, {len(coming.changes)} to create,"
            f" {len(owned) - len(removals)} to keep because the fresh readings do not tell about them."
        )
        if not execute:
            console.print("Nothing was written. To do it: add --execute.")
            return
        confirm(f"Clear {len(removals)} events and create {len(coming.changes)}?", yes=yes)
        cleared = _write(tenant, removals, "clearing")
        planned = plan_agenda(agenda, wanted, tenant.calendars, now=tenant.now, undecided=undecided)
        _ensure_colours(tenant, planned.plan.free)
        created = _write(tenant, planned.plan.free, "creating")
        if cleared.failures or created.failures or planned.unreachable:
            for calendar, why in planned.unreachable.items():
                console.print(f"nothing was created for {tenant.names.get(calendar, calendar)}: {why}")
            console.print("What is missing is made up for by the next run, or by running this again.")
            raise typer.Exit(1)


def _freshly_desired(tenant: Tenant, agenda: Agenda) -> Desired:
    max_age = tenant.settings.teacher_calendars.max_age(agenda.kind)
    try:
        weeks = fresh_weeks(agenda, good_weeks(tenant, agenda), max_age=max_age, now=tenant.now)
    except StaleReadingError as error:
        raise CommandError(
            f"{error} A rebuild is made from fresh readings:"
            f" run the sync job for {agenda.key}, then try again."
        ) from None
    return desired(tenant, agenda, weeks)


def _recoverable(
    tenant: Tenant, agenda: Agenda, owned: Sequence[Change], wanted: Desired, undecided: Container[str]
) -> list[Change]:
    """The removals of what a plan may make again, or would itself remove."""
    live = tenant.calendars.ledger.live(agenda.key)
    keep = protect(wanted.events, live, origins=wanted.protected_origins, undecided=wanted.undecided).keep

    def told_about(change: Change) -> bool:
        before = change.before
        if before is None or before.calendar in undecided or (before.calendar, before.uid) in keep:
            return False
        if before.kin is not None:
            return before.kin in wanted.known_kins
        return any(before.content.dtstart in window for window in wanted.windows)

    return [replace(change, reason=REASON) for change in owned if told_about(change)]


def _afterwards(tenant: Tenant, agenda: Agenda, removals: Sequence[Change], wanted: Desired) -> ChangeSet:
    """What there will be to do once the removals are done."""
    gone = {(change.calendar, change.before.tag) for change in removals if change.before}
    left = [
        event for event in tenant.calendars.ledger.live(agenda.key) if (event.calendar, event.tag) not in gone
    ]
    kept = protect(wanted.events, left, origins=wanted.protected_origins, undecided=wanted.undecided)
    return plan(
        kept.events,
        left,
        windows=wanted.windows,
        kins=wanted.known_kins,
        keep=kept.keep,
        now=tenant.now,
    )


def _write(tenant: Tenant, changes: Sequence[Change], words: str) -> Applied:
    with progress_bar(words) as on_progress:
        applied = apply_changes(changes, tenant.calendars, now=tenant.now, on_progress=on_progress)
    say_what_was_done(applied, tenant.names)
    return applied


def _ensure_colours(tenant: Tenant, changes: Sequence[Change]) -> None:
    used = {event.calendar: event.content.categories for change in changes if (event := change.after)}
    presets = categories(Kind.PRIVATE, {name for names in used.values() for name in names})
    coloured = [calendar for calendar, names in used.items() if names]
    with tenant.calendars.reserve(coloured):
        warnings = MasterCategories(tenant.client).ensure(coloured, presets)
    for warning in warnings:
        console.print(warning, style="yellow")
