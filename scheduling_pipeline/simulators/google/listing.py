"""Lists of events: which ones, in which order, in pages or as changes since the last list.

Google's guide to extended properties joins repeated constraints of one kind by OR, and private and shared
ones by AND, with examples; the parameter's one-line description says otherwise. The guide is followed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from scheduling_pipeline.simulators.control import SimulatedClock
from scheduling_pipeline.simulators.google import access, occurrences, rendering, times
from scheduling_pipeline.simulators.google.errors import (
    bad_request,
    gone,
    invalid,
    not_found,
    time_range_empty,
)
from scheduling_pipeline.simulators.google.occurrences import Item
from scheduling_pipeline.simulators.google.paging import Key, Lister, Row, Sync
from scheduling_pipeline.simulators.google.parameters import Parameters, instant
from scheduling_pipeline.simulators.google.request import Request
from scheduling_pipeline.simulators.google.settings import Settings
from scheduling_pipeline.simulators.google.store import Calendar, Event, Json, Store

LARGEST_PAGE = 2500

# These cannot be given with a sync token, which would not tell all changes of what they select.
_NOT_WITH_SYNC = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
# A list with one of these gives no sync token.
_NO_SYNC = tuple(name for name in _NOT_WITH_SYNC if name not in ("timeMin", "timeMax"))


class Lists:
    """The methods `events.list` and `events.instances`."""

    def __init__(self, store: Store, clock: SimulatedClock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    def list_events(self, request: Request) -> Json:
        calendar = access.permitted(self._store, request.caller, request.names["calendarId"], "reader")
        parameters = request.parameters
        lister = Lister(f"events of {calendar.id}", calendar.revision, parameters, self._clock.now())
        single = parameters.flag("singleEvents")
        order = parameters.text("orderBy")
        if order == "startTime" and not single:
            raise bad_request(
                "badRequest", "The requested ordering is not available for the particular query.", "calendar"
            )
        self._check_sync(parameters)
        sync = lister.since(self._settings.sync_token_days)
        self._check_age(parameters)
        wanted = _Filter.of(parameters, calendar, sync, single=single)
        rows = [
            Row(_key(item, order, calendar), partial(_shown, item, request, calendar, single=single))
            for item in _candidates(calendar, single=single)
            if wanted(item)
        ]
        return self._heading(request, calendar) | lister.page(
            rows,
            lister.size(self._settings.page_size, LARGEST_PAGE),
            syncs=not any(name in parameters for name in _NO_SYNC),
            window=sync.window if sync else (parameters.text("timeMin"), parameters.text("timeMax")),
        )

    def instances(self, request: Request) -> Json:
        calendar = access.permitted(self._store, request.caller, request.names["calendarId"], "reader")
        parameters = request.parameters
        series = calendar.events.get(request.names["eventId"])
        if series is None or series.series is not None:
            raise not_found()
        if not occurrences.is_series(series):
            raise invalid("The event is not recurring.", "eventId")
        lister = Lister(f"{series.id} of {calendar.id}", calendar.revision, parameters, self._clock.now())
        wanted = _Filter.of(parameters, calendar, None, single=True)
        original = parameters.text("originalStart")
        rows = [
            Row(item.order, partial(_shown, item, request, calendar, single=True))
            for item in occurrences.instances(calendar, series)
            if wanted(item) and (original is None or _begins(item, original, calendar))
        ]
        size = lister.size(self._settings.page_size, LARGEST_PAGE)
        return self._heading(request, calendar) | lister.page(rows, size, syncs=False)

    def _heading(self, request: Request, calendar: Calendar) -> Json:
        """What a list says of its calendar."""
        zone = request.parameters.text("timeZone") or calendar.zone
        entry = self._store.account(request.caller).entries.get(calendar.id)
        updated = [event.fields.get("updated", "") for event in calendar.events.values()]
        return {
            "kind": "calendar#events",
            "etag": f'"p{calendar.revision:015d}"',
            "summary": calendar.fields["summary"],
            "description": calendar.fields.get("description", ""),
            "updated": max(updated, default=times.stamp(self._clock.now())),
            "timeZone": times.zone(zone).key,
            "accessRole": access.role(calendar, request.caller),
            "defaultReminders": entry.fields.get("defaultReminders", []) if entry else [],
        }

    def _check_sync(self, parameters: Parameters) -> None:
        if "syncToken" not in parameters:
            return
        for name in _NOT_WITH_SYNC:
            if name in parameters:
                raise invalid(f"Parameter {name} cannot be used with a sync token.", name)
        if "showDeleted" in parameters and not parameters.flag("showDeleted"):
            raise invalid("Deleted events are always part of an incremental list.", "showDeleted")

    def _check_age(self, parameters: Parameters) -> None:
        """Deleted events are known for a while only, so changes before that cannot be told."""
        since = parameters.moment("updatedMin")
        if since and since < self._clock.now() - timedelta(days=self._settings.sync_token_days):
            raise gone("updatedMinTooLongAgo")


@dataclass(frozen=True, slots=True)
class _Filter:
    """Says which items a list has."""

    calendar: Calendar
    parameters: Parameters
    sync: Sync | None
    begin: datetime | None
    end: datetime | None
    terms: tuple[str, ...]
    single: bool

    @classmethod
    def of(cls, parameters: Parameters, calendar: Calendar, sync: Sync | None, *, single: bool) -> _Filter:
        begin, end = parameters.moment("timeMin"), parameters.moment("timeMax")
        if sync is not None:
            begin, end = (instant(text) if text else None for text in sync.window)
        if begin and end and end <= begin:
            raise time_range_empty()
        terms = (parameters.text("q") or "").casefold().split()
        return cls(calendar, parameters, sync, begin, end, tuple(terms), single)

    def __call__(self, item: Item) -> bool:
        return (
            (self.sync is None or item.revision > self.sync.revision)
            and self._of_status(item)
            and self._of_kind(item)
            and (not self.terms or _mentions(item, self.terms))
            and self._has_properties(item)
            and self._updated(item)
            and ((item.cancelled and self.sync is not None) or self._in_window(item))
        )

    def _of_status(self, item: Item) -> bool:
        """Cancelled instances belong to what a list of series tells of them; other cancelled items do not."""
        asked = self.parameters.flag("showDeleted") or "updatedMin" in self.parameters
        if not item.cancelled or asked or self.sync is not None:
            return True
        return item.series is not None and not self.single and not _is_gone(item.series)

    def _of_kind(self, item: Item) -> bool:
        types = self.parameters.texts("eventTypes")
        uid = self.parameters.text("iCalUID")
        return (not types or item.fields["eventType"] in types) and (not uid or item.fields["iCalUID"] == uid)

    def _has_properties(self, item: Item) -> bool:
        extended = item.fields.get("extendedProperties", {})
        for visibility in ("private", "shared"):
            asked = self.parameters.texts(f"{visibility}ExtendedProperty")
            if asked:
                own = extended.get(visibility, {})
                pairs = (constraint.partition("=") for constraint in asked)
                if not any(own.get(name) == value for name, _, value in pairs):
                    return False
        return True

    def _updated(self, item: Item) -> bool:
        since = self.parameters.moment("updatedMin")
        return since is None or datetime.fromisoformat(item.fields["updated"]) >= since

    def _in_window(self, item: Item) -> bool:
        """Whether the item, or for a series any of its instances, touches the window."""
        if self.begin is None and self.end is None:
            return True
        if item.event is not None and occurrences.is_series(item.event):
            return any(
                self._touches(instance) and (item.cancelled or not instance.cancelled)
                for instance in occurrences.instances(self.calendar, item.event)
            )
        return self._touches(item)

    def _touches(self, item: Item) -> bool:
        start, end = item.span(self.calendar.zone)
        return (self.begin is None or end > self.begin) and (self.end is None or start < self.end)


def _candidates(calendar: Calendar, *, single: bool) -> Iterator[Item]:
    """Single events, and either the instances of series, or series and their kept instances."""
    for event in calendar.events.values():
        if event.series is not None:
            continue
        if not occurrences.is_series(event):
            yield occurrences.whole(event)
        elif single:
            yield from occurrences.instances(calendar, event)
        else:
            yield occurrences.whole(event)
            if not _is_gone(event):
                yield from occurrences.kept_instances(calendar, event)


def _is_gone(event: Event) -> bool:
    return bool(event.fields["status"] == "cancelled")


def _key(item: Item, order: str | None, calendar: Calendar) -> Key:
    match order:
        case "startTime":
            return (item.span(calendar.zone)[0].isoformat(), *item.order)
        case "updated":
            return (item.fields["updated"], *item.order)
        case _:
            return item.order


def _mentions(item: Item, terms: tuple[str, ...]) -> bool:
    """Whether all terms stand somewhere in the fields that Google searches."""
    fields = item.fields
    people = [fields["organizer"], *fields.get("attendees", [])]
    texts = [fields.get(name, "") for name in ("summary", "description", "location")]
    texts += [person.get(name, "") for person in people for name in ("displayName", "email")]
    searched = "\n".join(texts).casefold()
    return all(term in searched for term in terms)


def _begins(item: Item, original: str, calendar: Calendar) -> bool:
    """Whether the instance's original start is the asked one, a date or a timestamp."""
    start = item.fields["originalStartTime"]
    asked = instant(original)
    if asked is None:
        return bool(start.get("date") == original)
    return times.instant(start, calendar.zone) == asked.astimezone(UTC)


def _shown(item: Item, request: Request, calendar: Calendar, *, single: bool) -> Json:
    zone = request.parameters.text("timeZone")
    if item.cancelled and item.series is not None and not single:
        return rendering.cancelled_instance(item, calendar, zone)
    return rendering.event(item, calendar, request.caller, zone)
