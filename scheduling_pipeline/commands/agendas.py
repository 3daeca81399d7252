"""An agenda as the commands use it: found by its key, with what its last good readings call for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from resources.outlook_legacy import legacy_events
from scheduling_pipeline.commands.connections import Tenant
from scheduling_pipeline.commands.errors import CommandError
from scheduling_pipeline.settings import Settings
from scheduling_pipeline.teacher_calendars import desire, weeks_to_read
from scheduling_pipeline.timetable.adoption import Find, decision, look_for_older_events, where_to_look
from scheduling_pipeline.timetable.agendas import agenda_by_key, load_agendas
from scheduling_pipeline.timetable.events import Desired
from scheduling_pipeline.timetable.model import Agenda
from scheduling_pipeline.timetable.readings import StoredWeek, last_good
from scheduling_pipeline.timetable.roster import load_roster


def live_agendas(settings: Settings) -> list[Agenda]:
    """The agendas that become calendar events, one at least. Raises AgendaFileError or SettingsError."""
    catalogue = load_agendas(settings.teacher_calendars.agendas_file)
    settings.teacher_calendars.check_catalogue(catalogue)
    return [agenda for agenda in catalogue if agenda.live]


def live_agenda(settings: Settings, key: str) -> Agenda:
    """The live agenda of that key. Raises CommandError naming those that there are."""
    try:
        return agenda_by_key(live_agendas(settings), key)
    except LookupError as error:
        raise CommandError(str(error)) from None


def good_weeks(tenant: Tenant, agenda: Agenda) -> list[StoredWeek]:
    """The last good reading of the current week and each after it, whatever its age."""
    (this_monday,) = weeks_to_read(tenant.now, agenda, 1)
    return last_good(tenant.engine, agenda, since=this_monday)


def desired(tenant: Tenant, agenda: Agenda, weeks: Sequence[StoredWeek]) -> Desired:
    """What should stand by these weeks."""
    overrides = tenant.settings.teacher_calendars.overrides
    roster = load_roster(tenant.engine)
    return desire(agenda, weeks, tenant.accounts, overrides, tenant.now, roster=roster)


def undecided_calendars(tenant: Tenant, agenda: Agenda) -> dict[str, str]:
    """The calendars that may not be written to yet, and why. Raises AdoptionNeededError; decides nothing."""
    if decision(tenant.engine, tenant.calendars.provider.name, agenda) is not None:
        return {}
    calendars = where_to_look(tenant.accounts)
    return look_for_older_events(agenda, calendars, find=finder(tenant, agenda), now=tenant.now)


def finder(tenant: Tenant, agenda: Agenda) -> Find:
    """What finds the events that older scripts wrote for agendas of that kind."""
    look = partial(legacy_events, tenant.client, kind=agenda.kind, zone=agenda.zone)
    return partial(tenant.calendars.look_into, look)


def age_of(weeks: Sequence[StoredWeek], now: datetime) -> str:
    """How old readings are, in words."""
    oldest = min(stored.week.read_at for stored in weeks)
    hours = round((now - oldest) / timedelta(hours=1))
    if hours < 1:
        return "less than an hour"
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"  # noqa: PLR2004 - two days
