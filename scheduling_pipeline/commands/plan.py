"""`plan`: what would change in the calendars of an agenda now. Writes to no calendar."""

from __future__ import annotations

from scheduling_pipeline.commands.agendas import age_of, desired, good_weeks, live_agenda, undecided_calendars
from scheduling_pipeline.commands.connections import Tenant, open_tenant
from scheduling_pipeline.commands.errors import CommandError
from scheduling_pipeline.commands.screen import change_table, console, counted, working
from scheduling_pipeline.teacher_calendars import AgendaPlan, StaleReadingError, fresh_weeks, plan_agenda
from scheduling_pipeline.timetable.model import Agenda
from scheduling_pipeline.timetable.readings import StoredWeek


def plan(key: str) -> None:
    """Compare the last good readings of an agenda with what stands, and show what differs."""
    with open_tenant("plan") as tenant:
        agenda = live_agenda(tenant.settings, key)
        weeks = good_weeks(tenant, agenda)
        if not weeks:
            raise CommandError(f"{agenda.label} was never read completely; run the sync job for it first")
        with working(f"comparing {agenda.label} with Outlook …"):
            found = _plan_now(tenant, agenda, weeks)
        _say_how_old(tenant, agenda, weeks)
        _show(tenant, agenda, found)


def _plan_now(tenant: Tenant, agenda: Agenda, weeks: list[StoredWeek]) -> AgendaPlan:
    wanted = desired(tenant, agenda, weeks)
    undecided = undecided_calendars(tenant, agenda)
    return plan_agenda(agenda, wanted, tenant.calendars, now=tenant.now, undecided=undecided)


def _say_how_old(tenant: Tenant, agenda: Agenda, weeks: list[StoredWeek]) -> None:
    mondays = ", ".join(f"{stored.week.monday:%d %b}" for stored in weeks)
    console.print(f"{agenda.label}: weeks of {mondays}; read up to {age_of(weeks, tenant.now)} ago.")
    max_age = tenant.settings.teacher_calendars.max_age(agenda.kind)
    try:
        fresh = fresh_weeks(agenda, weeks, max_age=max_age, now=tenant.now)
    except StaleReadingError:
        fresh = []
    if len(fresh) < len(weeks):
        console.print(
            f"{len(weeks) - len(fresh)} of these weeks were read too long ago for a run to plan from them;"
            " the sync job reads them again.",
            style="yellow",
        )


def _show(tenant: Tenant, agenda: Agenda, found: AgendaPlan) -> None:
    free, held = found.plan.free, found.plan.held
    if free or held:
        console.print(change_table(f"What would change: {agenda.label}", free, tenant.names, held=held))
    console.print(f"{len(free)} changes, {len(held)} held; kept: {counted(found.kept)}.")
    for hold in found.plan.holds:
        console.print(f"held: {hold.reason}")
    if held:
        command = f"scheduling-pipeline release {found.plan.digest} --by NAME --why REASON"
        console.print(f"To let the held removals through: {command}", soft_wrap=True)
    for calendar, why in found.unreachable.items():
        console.print(f"nothing planned for {tenant.names.get(calendar, calendar)}: {why}", style="yellow")
