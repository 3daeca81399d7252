"""The words of the calendar engine: events as they should stand, as they do stand, and what to change.

Times are aware and carry an IANA zone (`ZoneInfo`): a lesson is wall time plus a zone until a provider
builds its payload. Field names are iCalendar's (RFC 5545).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from scheduling_pipeline.digest import digest

__all__ = [
    "NO_EDITS",
    "Change",
    "ChangeKind",
    "ChangeSet",
    "DesiredEvent",
    "Edits",
    "EventContent",
    "LedgerEvent",
    "Tag",
    "WeeklyRule",
    "Window",
]


WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class WeeklyRule:
    """FREQ=WEEKLY on the weekday of `dtstart`; `until` is the last local date, None means without end.

    `exdates`: the local dates on which it does not take place. `other` is a rule that somebody wrote by hand
    and that is none of these (a provider's own words, but for `until`): it differs from every rule of ours.
    """

    until: date | None = None
    exdates: frozenset[date] = frozenset()
    other: str = ""


@dataclass(frozen=True, slots=True)
class EventContent:
    """What a person sees in the calendar. `dtstart` and `dtend` are wall times in one IANA zone.

    An event of whole days begins and ends (exclusively) at midnight. `color` is a provider's name of one,
    `reminders` are minutes before the start: empty for none, None for whatever the calendar's owner has set.
    """

    summary: str
    dtstart: datetime
    dtend: datetime
    rrule: WeeklyRule | None = None
    location: str = ""
    categories: tuple[str, ...] = ()
    all_day: bool = False
    description: str = ""
    color: str = ""
    reminders: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.dtstart.tzinfo, ZoneInfo) or self.dtend.tzinfo is not self.dtstart.tzinfo:
            raise ValueError(f"{self.summary!r}: dtstart and dtend need the same IANA zone")
        if self.dtend.replace(tzinfo=None) <= self.dtstart.replace(tzinfo=None):
            raise ValueError(f"{self.summary!r}: ends at {self.dtend} before it starts at {self.dtstart}")
        if self.all_day and (self.dtstart.time(), self.dtend.time()) != (time.min, time.min):
            raise ValueError(f"{self.summary!r}: an event of whole days begins and ends at midnight")

    @property
    def zone(self) -> ZoneInfo:
        assert isinstance(self.dtstart.tzinfo, ZoneInfo)  # noqa: S101 - held by __post_init__
        return self.dtstart.tzinfo

    @property
    def last_start(self) -> datetime | None:
        """Start of the last occurrence; None when the series has no end."""
        if self.rrule is None:
            return self.dtstart
        if self.rrule.until is None:
            return None
        steps = max((self.rrule.until - self.dtstart.date()) // self._step, 0)
        last = self.dtstart + steps * self._step  # aware arithmetic in one zone keeps wall time
        while last > self.dtstart and last.date() in self.rrule.exdates:
            last -= WEEK
        return last

    @property
    def _step(self) -> timedelta:
        """From one occurrence to the next; under a rule of another kind, any day may be one."""
        return timedelta(days=1) if self.rrule and self.rrule.other else WEEK

    def ending_on(self, until: date) -> EventContent:
        """The same series with another last date."""
        rule = self.rrule or WeeklyRule()
        uncounted = re.sub(r";COUNT=\d+", "", rule.other)  # a rule ends in one way only
        return replace(self, rrule=replace(rule, until=until, other=uncounted))

    def goes_on_after(self, moment: datetime) -> bool:
        """Whether an occurrence begins after `moment`."""
        last = self.last_start
        return last is None or last > moment

    def last_start_by(self, moment: datetime) -> datetime:
        """Start of the last occurrence that began by `moment`; the first one when none has begun."""
        steps = (moment.astimezone(self.zone).date() - self.dtstart.date()) // self._step
        last = self.dtstart + max(steps, 0) * self._step
        if last > moment:
            last -= self._step
        return max(last, self.dtstart)

    @property
    def slot(self) -> tuple[int, time, time]:
        """Weekday (Monday 0) and wall times: what two series compete for."""
        return self.dtstart.weekday(), self.dtstart.time(), self.dtend.time()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, stable: the ledger stores it and the content hash is taken from it.

        What only some events have is left out of the others.
        """
        data: dict[str, Any] = {
            "summary": self.summary,
            "dtstart": self.dtstart.replace(tzinfo=None).isoformat(),
            "dtend": self.dtend.replace(tzinfo=None).isoformat(),
            "zone": self.zone.key,
            "rrule": None if self.rrule is None else _rule_json(self.rrule),
            "location": self.location,
            "categories": list(self.categories),
        }
        if self.all_day:
            data["all_day"] = True
        if self.description:
            data["description"] = self.description
        if self.color:
            data["color"] = self.color
        if self.reminders is not None:
            data["reminders"] = list(self.reminders)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EventContent:
        """The inverse of `to_json`."""
        zone = ZoneInfo(data["zone"])
        reminders = data.get("reminders")
        return cls(
            summary=data["summary"],
            dtstart=datetime.fromisoformat(data["dtstart"]).replace(tzinfo=zone),
            dtend=datetime.fromisoformat(data["dtend"]).replace(tzinfo=zone),
            rrule=None if data["rrule"] is None else _rule(data["rrule"]),
            location=data["location"],
            categories=tuple(data["categories"]),
            all_day=data.get("all_day", False),
            description=data.get("description", ""),
            color=data.get("color", ""),
            reminders=None if reminders is None else tuple(reminders),
        )

    @property
    def content_hash(self) -> str:
        """Digest of everything a person sees."""
        return digest(self.to_json())


@dataclass(frozen=True, slots=True)
class DesiredEvent:
    """An event as it should stand.

    `scope` is the source's unit of reading (an agenda); `calendar` the provider's calendar key; `uid` is
    stable and unique within (scope, calendar). `kin` groups events that may take one another's place when
    one of them moves (a weekday of a series), None when `uid` alone identifies. `origin` is who the source
    names for it, normalised: it protects the event while that name is undecided.
    """

    scope: str
    calendar: str
    uid: str
    content: EventContent
    kin: str | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Edits:
    """What its owner changed in an event by hand, where that is respected: names of content fields, and the
    dates that they deleted from a series."""

    fields: frozenset[str] = frozenset()
    dates: frozenset[date] = frozenset()

    def __or__(self, other: Edits) -> Edits:
        return Edits(self.fields | other.fields, self.dates | other.dates)

    def __bool__(self) -> bool:
        return bool(self.fields or self.dates)

    def to_json(self) -> dict[str, Any] | None:
        """Plain JSON; None where nothing was edited."""
        if not self:
            return None
        return {"fields": sorted(self.fields), "dates": sorted(day.isoformat() for day in self.dates)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Edits:
        """The inverse of `to_json`."""
        if data is None:
            return NO_EDITS
        return cls(frozenset(data["fields"]), frozenset(map(date.fromisoformat, data["dates"])))


NO_EDITS = Edits()


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """An event as we believe it stands: one live row of `synced_events`."""

    scope: str
    calendar: str
    uid: str
    content: EventContent
    kin: str | None
    origin: str
    generation: int
    provider_id: str
    etag: str
    edits: Edits = NO_EDITS

    @property
    def tag(self) -> Tag:
        return Tag(self.scope, self.kin, self.uid, self.generation)


@dataclass(frozen=True, slots=True)
class Window:
    """What was read completely: half-open instants [start, end). Only inside it may anything be removed."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Tag:
    """Our key inside an event at the provider: enough to know the event again if the ledger were lost.

    `generation` counts the events that ever stood for a (scope, calendar, uid): a removed event's key stays
    spent, because providers refuse or swallow a create that repeats it.
    """

    scope: str
    kin: str | None
    uid: str
    generation: int

    def __post_init__(self) -> None:
        if "/" in self.scope or "/" in self.uid or (self.kin and "/" in self.kin):
            raise ValueError(f"a tag whose parts hold a slash could not be read again: {self}")

    def __str__(self) -> str:
        return f"{self.scope}/{self.kin or ''}/{self.uid}/{self.generation}"

    @classmethod
    def parse(cls, text: str) -> Tag:
        """The inverse of `str`. Raises ValueError for a text that is not a tag of ours."""
        scope, kin, uid, generation = text.split("/")
        return cls(scope, kin or None, uid, int(generation))


class ChangeKind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    SPLIT = "split"  # a series with a past changes: the old one ends, a new one begins
    END = "end"  # a series with a past is removed: it ends, its past stays
    DELETE = "delete"
    REMAKE = "remake"  # a series is deleted and made anew, because dates of it were changed by hand

    @property
    def removes(self) -> bool:
        return self in (ChangeKind.END, ChangeKind.DELETE)


@dataclass(frozen=True, slots=True)
class Change:
    """One intended change, with the reason a person reads.

    `before` is the ledger's event (None for a create), `after` what it becomes (None for a delete; for END
    the shortened series; for SPLIT the new series). `fields` names what differs. `until` is the last date
    kept of `before` for SPLIT and END.
    """

    kind: ChangeKind
    scope: str
    calendar: str
    uid: str
    before: LedgerEvent | None
    after: DesiredEvent | None
    fields: tuple[str, ...] = ()
    reason: str = ""
    until: date | None = None

    @property
    def key(self) -> str:
        """Names the change in digests and releases: what stands where, and what it would become.

        A removal is named by what it removes alone: that a series ends a week later tomorrow than today
        does not make it another removal.
        """
        before = f"{self.before.generation}:{self.before.content.content_hash}" if self.before else ""
        place = f"{self.scope}|{self.calendar}|{self.uid}|{before}"
        if self.kind.removes:
            return f"remove|{place}"
        after = self.after.content.content_hash if self.after else ""
        return f"{self.kind}|{place}|{after}|{_iso(self.until)}"


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A plan: changes in a stable order, and the count of what was kept, by why it was kept."""

    changes: tuple[Change, ...]
    kept: Mapping[str, int]

    @property
    def digest(self) -> str:
        return digest(sorted(change.key for change in self.changes))


def _rule_json(rule: WeeklyRule) -> dict[str, Any]:
    data: dict[str, Any] = {"until": _iso(rule.until)}
    if rule.exdates:
        data["exdates"] = sorted(day.isoformat() for day in rule.exdates)
    if rule.other:
        data["other"] = rule.other
    return data


def _rule(data: Mapping[str, Any]) -> WeeklyRule:
    until = data["until"]
    return WeeklyRule(
        date.fromisoformat(until) if until else None,
        frozenset(map(date.fromisoformat, data.get("exdates", ()))),
        data.get("other", ""),
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
