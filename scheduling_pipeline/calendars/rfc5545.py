"""A weekly rule as iCalendar text (RFC 5545), and back: the lines that calendars on the web speak."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling_pipeline.calendars.model import EventContent, WeeklyRule

__all__ = ["recurrence_lines", "rule_from_lines"]

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
RRULE = "RRULE:"
DATE, DATE_TIME = "%Y%m%d", "%Y%m%dT%H%M%S"


def recurrence_lines(content: EventContent) -> list[str]:
    """The RRULE and EXDATE lines of an event; none for one that happens once.

    A time that the clocks leave out or have twice is written as the wall time that it is: what the calendar
    makes of it on that one date holds for the occurrence and for its EXDATE alike.
    """
    rule = content.rrule
    if rule is None:
        return []
    if rule.other:
        return [_ending(line, content) for line in rule.other.split("\n")]
    text = f"RRULE:FREQ=WEEKLY;BYDAY={WEEKDAYS[content.dtstart.weekday()]}"
    if rule.until is not None:
        text += f";UNTIL={_until_text(rule.until, content)}"
    if not rule.exdates:
        return [text]
    days = sorted(rule.exdates)
    if content.all_day:
        return [text, "EXDATE;VALUE=DATE:" + ",".join(day.strftime(DATE) for day in days)]
    at = content.dtstart.time()
    times = ",".join(datetime.combine(day, at, content.zone).strftime(DATE_TIME) for day in days)
    return [text, f"EXDATE;TZID={content.zone.key}:{times}"]


def rule_from_lines(lines: Iterable[str], dtstart: datetime, *, all_day: bool) -> WeeklyRule | None:
    """The rule that RRULE and EXDATE lines state for an event that begins at `dtstart`; None without lines.

    `dtstart` is a wall time in an IANA zone. `until` is the local date after which nothing more begins. What
    is no plain weekly rule on the weekday of `dtstart` is kept as normalised text in `other`, but for the
    date on which it ends.
    """
    texts = [text for line in lines for part in line.splitlines() if (text := part.strip())]
    if not texts:
        return None
    try:
        return _weekly_rule(texts, dtstart, all_day=all_day)
    except (ValueError, OverflowError):
        return _another_rule(sorted(map(_normalised, texts)), dtstart, all_day=all_day)


def _until_text(until: date, content: EventContent) -> str:
    """For whole days a date; else the last second of the local day, as the instant that RFC 5545 asks for.

    The end of the day in UTC would lose an evening class west of Greenwich.
    """
    if content.all_day:
        return until.strftime(DATE)
    midnight = datetime.combine(until + timedelta(days=1), time.min, content.zone)
    return (midnight.astimezone(UTC) - timedelta(seconds=1)).strftime(DATE_TIME) + "Z"


def _weekly_rule(lines: list[str], dtstart: datetime, *, all_day: bool) -> WeeklyRule:
    """Raises ValueError (or OverflowError, for dates beyond the calendar) for what is no rule of ours."""
    rules: list[str] = []
    exdates: set[date] = set()
    for line in lines:
        name, parameters, value = _split(line)
        if name == "RRULE":
            rules.append(value)
        elif name == "EXDATE":
            exdates.update(_exdates(parameters, value, dtstart, all_day=all_day))
        else:
            raise ValueError(f"no weekly rule has {name}")
    (rule,) = rules
    until = _until(_parts(rule.upper()), dtstart, all_day=all_day)
    if until == date.max:
        raise OverflowError("the end of time, which could not be written again")
    return WeeklyRule(until, frozenset(exdates))


def _another_rule(lines: list[str], dtstart: datetime, *, all_day: bool) -> WeeklyRule:
    """A rule in its own words; when it ends is known where it says so once and plainly."""
    try:
        (rule,) = (line for line in lines if line.startswith(RRULE))
        parts = _parts(rule.removeprefix(RRULE))
        until = _last_date(parts["UNTIL"], dtstart, all_day=all_day)
    except (LookupError, ValueError, OverflowError):
        return WeeklyRule(other="\n".join(lines))
    if "FREQ" not in parts or "COUNT" in parts or until == date.max:
        return WeeklyRule(other="\n".join(lines))
    endless = ";".join(part for part in rule.removeprefix(RRULE).split(";") if not part.startswith("UNTIL="))
    words = [RRULE + endless if line is rule else line for line in lines]
    return WeeklyRule(until, other="\n".join(words))


def _ending(line: str, content: EventContent) -> str:
    """A line of a rule of another kind, with the date on which it ends."""
    until = content.rrule and content.rrule.until
    return f"{line};UNTIL={_until_text(until, content)}" if until and line.startswith(RRULE) else line


def _until(parts: dict[str, str], dtstart: datetime, *, all_day: bool) -> date | None:
    weekly = {"FREQ": "WEEKLY", "INTERVAL": "1", "BYDAY": WEEKDAYS[dtstart.weekday()]}
    # On which day a week begins (WKST) would matter to a rule for every second week.
    ends = parts.keys() - weekly.keys() - {"WKST"}
    if "FREQ" not in parts or any(parts.get(name, value) != value for name, value in weekly.items()):
        raise ValueError("not weekly on one weekday")
    if not ends:
        return None
    if ends == {"COUNT"}:
        count = int(parts["COUNT"])
        if count < 1:
            raise ValueError("a rule without occurrences")
        return dtstart.date() + timedelta(weeks=count - 1)
    if ends == {"UNTIL"}:
        return _last_date(parts["UNTIL"], dtstart, all_day=all_day)
    raise ValueError("more than a weekly rule")


def _last_date(text: str, dtstart: datetime, *, all_day: bool) -> date:
    if all_day or "T" not in text:
        return date.fromisoformat(text[:8])
    zone = _zone_of(dtstart)
    moment = _moment(text, zone)
    day = moment.astimezone(zone).date()
    begins = datetime.combine(day, dtstart.time(), zone)
    # In UTC, since times of one zone are compared by the clock, which shows some hours twice.
    return day if begins.astimezone(UTC) <= moment.astimezone(UTC) else day - timedelta(days=1)


def _exdates(parameters: dict[str, str], value: str, dtstart: datetime, *, all_day: bool) -> Iterator[date]:
    zone = _zone_of(dtstart)
    stated = _zone(parameters["TZID"]) if "TZID" in parameters else zone
    for text in value.split(","):
        if all_day or "T" not in text:
            yield date.fromisoformat(text[:8])
        else:
            yield _moment(text, stated).astimezone(zone).date()


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """A DATE-TIME, which is in UTC (Z) or wall time in `zone`."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _split(line: str) -> tuple[str, dict[str, str], str]:
    """Name, parameters and value of a content line."""
    head, _, value = line.partition(":")
    name, _, parameters = head.partition(";")
    return name.upper(), _parts(parameters), value


def _parts(text: str) -> dict[str, str]:
    """`NAME=value;...`; names in upper case. A name that comes twice raises ValueError."""
    pairs = [part.partition("=") for part in text.split(";") if part]
    parts = {name.strip().upper(): value.strip().strip('"') for name, _, value in pairs}
    if len(parts) < len(pairs):
        raise ValueError(f"stated twice in {text!r}")
    return parts


def _normalised(line: str) -> str:
    """The same text for rules that differ in case or order only; FREQ stays first, as old readers want it."""
    head, colon, value = line.partition(":")
    if head.upper() != "RRULE":
        return line
    parts = sorted(value.upper().split(";"), key=lambda part: (not part.startswith("FREQ="), part))
    return f"RRULE{colon}{';'.join(parts)}"


def _zone_of(dtstart: datetime) -> ZoneInfo:
    if not isinstance(dtstart.tzinfo, ZoneInfo):
        raise TypeError(f"{dtstart} is not in an IANA zone")
    return dtstart.tzinfo


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError) as problem:  # unknown, or the name of a directory of zones
        raise ValueError(f"no time zone {name!r}") from problem
