"""The university's events as its calendar publishes them, made fit for students' calendars. Pure.

Published calendars name an event twice, a break once a day, a whole day as 12:00 to 23:59, and say of many
events neither category nor term.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from difflib import SequenceMatcher

from scheduling_pipeline.courses.categories import category_of
from scheduling_pipeline.courses.model import Term
from scheduling_pipeline.digest import digest

_DAY = timedelta(days=1)
_MOST_OF_A_DAY = timedelta(hours=6)
_LATE = time(23, 58)
_NOONS = frozenset({time(0, 0), time(0, 1), time(12, 0), time(12, 1)})  # how whole days begin, in some feeds
_ALIKE = 0.4
_REGISTRAR = "registrar"
_FALL = 10  # of the academic year that ends a year later
_SEASONS = {  # the last digits of a term's number, and the month in its middle
    "spring": (20, 3),
    "summer": (30, 7),
    "fall": (_FALL, 10),
    "autumn": (_FALL, 10),
}
_SEASON = re.compile(rf"\b({'|'.join(_SEASONS)})\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(19|20|21)\d\d\b")


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event as it was published; the fields are the columns of the dataset, "" where a text is missing.

    `end_date` is the last day. Without times it is of whole days. `term` is a term's number.
    """

    summary: str
    start_date: date
    end_date: date
    start_time: time | None = None
    end_time: time | None = None
    ics_uid: str = ""
    description: str = ""
    location: str = ""
    category: str = ""
    event_type: str = ""
    organization: str = ""
    academic_term: str = ""
    term: int | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """An event that was left out, and why."""

    event: RawEvent
    reason: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What is left: `ics_uid` is unique, `category` one of CATEGORIES, times are there both or not at all."""

    events: tuple[RawEvent, ...]
    skipped: tuple[Skipped, ...]


def clean(events: Sequence[RawEvent], terms: Sequence[Term] = ()) -> Cleaned:
    """Decode, complete, join and thin out what was published. The order, by first day, does not depend on the
    order of `events`, as long as no two are alike."""
    skipped: list[Skipped] = []
    sound: list[RawEvent] = []
    for event in map(_plain, events):
        if problem := _problem(event):
            skipped.append(Skipped(event, problem))
        else:
            sound.append(_categorised(_whole_days(event)))
    sound.sort(key=_order)
    once = _first_of_each(sound, skipped, _content, "is there twice")
    joined = sorted((_identified(event) for event in _joined(once)), key=_order)
    unlike = _first_of_each(joined, skipped, _days, "is much like {summary!r} of the same day", _alike)
    unique = _first_of_each(unlike, skipped, lambda event: event.ics_uid, "has the uid of {summary!r}")
    return Cleaned(tuple(replace(event, term=_term(event, terms)) for event in unique), tuple(skipped))


def _plain(event: RawEvent) -> RawEvent:
    """Entities decoded, white space and the source's own punctuation of it in order."""
    return replace(
        event,
        summary=" ".join(html.unescape(event.summary).split()),
        description=html.unescape(event.description).strip(),
        location=" ".join(html.unescape(event.location).split()),
        organization=" ".join(html.unescape(event.organization).split()),
        event_type=" ".join(html.unescape(event.event_type).split()),
    )


def _problem(event: RawEvent) -> str | None:
    if event.status.casefold() in {"cancelled", "canceled"}:
        return "is cancelled"
    if not event.summary:
        return "has no summary"
    if event.start_time is None and event.end_time is not None:
        return "has an end, but no time at which it begins"
    if event.end_date < event.start_date or _end(event) < _start(event):
        return "ends before it begins"
    return None


def _start(event: RawEvent) -> datetime:
    return datetime.combine(event.start_date, event.start_time or time())


def _end(event: RawEvent) -> datetime:
    """The end on the wall, of whole days the midnight after the last."""
    if event.start_time is None:
        return datetime.combine(event.end_date, time()) + _DAY
    return datetime.combine(event.end_date, event.start_time if event.end_time is None else event.end_time)


def _whole_days(event: RawEvent) -> RawEvent:
    """Times that stand for whole days left out, and a missing end filled in."""
    if event.start_time is None:
        return event
    end = event.start_time if event.end_time is None else event.end_time
    until_midnight = end == time() and event.end_date > event.start_date
    if event.start_time in _NOONS and end >= _LATE:
        return replace(event, start_time=None, end_time=None)
    if event.start_time == time() and until_midnight:
        return replace(event, start_time=None, end_time=None, end_date=event.end_date - _DAY)
    return replace(event, end_time=end)


def _categorised(event: RawEvent) -> RawEvent:
    takes_the_day = _end(event) - _start(event) >= _MOST_OF_A_DAY
    category = category_of(event.category, event.summary, event.event_type, takes_the_day=takes_the_day)
    return replace(event, category=category)


def _order(event: RawEvent) -> tuple[object, ...]:
    """By days; of events on the same days those of the registrar's office first: they are believed first."""
    elsewhere = _REGISTRAR not in event.organization.casefold()
    return *_days(event)[:2], elsewhere, event.start_time or time(), event.summary, event.ics_uid


def _days(event: RawEvent) -> tuple[date, date, str]:
    return event.start_date, event.end_date, event.category


def _content(event: RawEvent) -> Hashable:
    return *_days(event), event.start_time, event.end_time, event.summary.casefold()


def _first_of_each(
    events: Sequence[RawEvent],
    skipped: list[Skipped],
    key: Callable[[RawEvent], Hashable],
    reason: str,
    same: Callable[[RawEvent, RawEvent], bool] = lambda *_: True,
) -> list[RawEvent]:
    """The events without those that are the same as an earlier one of their key, which go to `skipped`."""
    kept: dict[Hashable, list[RawEvent]] = {}
    for event in events:
        earlier = kept.setdefault(key(event), [])
        first = next((other for other in earlier if same(other, event)), None)
        if first is None:
            earlier.append(event)
        else:
            skipped.append(Skipped(event, reason.format(summary=first.summary)))
    return sorted((event for alike in kept.values() for event in alike), key=_order)


def _alike(one: RawEvent, other: RawEvent) -> bool:
    """Whether two events of the same days and category are one, under titles that differ a little.

    Those of different times are two, such as the ceremonies of a commencement.
    """
    if None not in (one.start_time, other.start_time) and one.start_time != other.start_time:
        return False
    first, second = one.summary.casefold(), other.summary.casefold()
    words, others = set(re.findall(r"\w+", first)), set(re.findall(r"\w+", second))
    shared = len(words & others) / max(1, len(words | others))
    letters = SequenceMatcher(None, first, second, autojunk=False).ratio()
    return 0.7 * shared + 0.3 * letters >= _ALIKE


def _joined(events: Sequence[RawEvent]) -> Iterator[RawEvent]:
    """Whole days of one title that follow each other become one event."""
    runs: dict[Hashable, list[RawEvent]] = {}
    for event in events:  # by first day
        if event.start_time is not None:
            yield event
            continue
        title = event.summary.casefold(), event.category
        run = runs.setdefault(title, [])
        if run and event.start_date > max(each.end_date for each in run) + _DAY:
            yield _one(run)
            run.clear()
        run.append(event)
    yield from map(_one, runs.values())


def _one(run: Sequence[RawEvent]) -> RawEvent:
    # Known by its first day alone, it stays the same event when days are added at its end.
    return replace(run[0], end_date=max(event.end_date for event in run))


def _identified(event: RawEvent) -> RawEvent:
    """With a uid, made of what tells the event from others if it has none."""
    if event.ics_uid:
        return event
    told_by = [event.summary.casefold(), event.start_date.isoformat(), str(event.start_time)]
    return replace(event, ics_uid=f"unnamed:{digest(told_by)}")


def _term(event: RawEvent, terms: Sequence[Term]) -> int | None:
    """The event's term: the given one, else that of its words or day; of dates of terms the day is first."""
    if event.term is not None:
        return event.term
    days = [term.uid for term in terms if term.start_date <= event.start_date <= term.end_date]
    of_day = days[0] if len(days) == 1 else None
    of_words = _named_term(event)
    return (of_day or of_words) if event.category == "term_dates" else (of_words or of_day)


def _named_term(event: RawEvent) -> int | None:
    """The number of a term called "Fall 2026", "2026 Fall" or, near it, "Fall"."""
    season = _SEASON.search(event.academic_term)
    if season is None:
        return None
    digits, middle = _SEASONS[season[1].casefold()]
    if year := _YEAR.search(event.academic_term):
        number = int(year[0])
    else:
        about = (event.start_date.year + step for step in (-1, 0, 1))
        number = min(about, key=lambda year: abs(date(year, middle, 15) - event.start_date))
    return (number + (digits == _FALL)) * 100 + digits
