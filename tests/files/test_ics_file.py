"""iCalendar files as calendars publish them, and as they break."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from scheduling_pipeline.datasets.courses import COURSES
from scheduling_pipeline.files.dataset import Dataset
from scheduling_pipeline.files.ics_file import HEADER
from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.parse import Limits, Parsed
from tests.files.parsing import LIMITS, read, values

NEW_YORK = ZoneInfo("America/New_York")
(EVENTS,) = (dataset for dataset in COURSES if dataset.name == "university_events")


def event(*lines: str, uid: str = "one@college.example", summary: str = "Open House") -> str:
    return "\n".join(("BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{summary}", *lines, "END:VEVENT"))


def calendar(*parts: str) -> str:
    lines = "\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", *parts, "END:VCALENDAR"))
    return lines.replace("\n", "\r\n") + "\r\n"


def load(folder: Path, content: str | bytes, *, limits: Limits = LIMITS, dataset: Dataset = EVENTS) -> Parsed:
    return read(folder, content, name="university.ics", dataset=dataset, limits=limits, zone=NEW_YORK)


def when(parsed: Parsed) -> list[tuple[object, ...]]:
    """First day, last day, and the times, of every event."""
    columns = ("start_date", "end_date", "start_time", "end_time")
    return list(zip(*(values(parsed, column) for column in columns), strict=True))


def only(folder: Path, *lines: str, head: Sequence[str] = ()) -> tuple[object, ...]:
    (found,) = when(load(folder, calendar(*head, event(*lines))))
    return found


def clock(hhmm: int) -> time:
    return time(*divmod(hhmm, 100))


def refused(folder: Path, content: str | bytes, *, limits: Limits = LIMITS) -> str:
    with pytest.raises(Fault) as caught:
        load(folder, content, limits=limits)
    return str(caught.value)


def test_every_column_is_one_that_the_dataset_declares(tmp_path: Path) -> None:
    parsed = load(tmp_path, calendar(event("DTSTART;VALUE=DATE:20260420")))
    assert set(HEADER) <= {column.header for column in EVENTS.columns}
    assert parsed.extra == ()
    assert set(parsed.missing) == {"category", "term"}


def test_the_date_that_ends_an_event_is_the_day_after_the_last(tmp_path: Path) -> None:
    week = only(tmp_path, "DTSTART;VALUE=DATE:20260309", "DTEND;VALUE=DATE:20260314")
    assert week == (date(2026, 3, 9), date(2026, 3, 13), None, None)


@pytest.mark.parametrize("end", [(), ("DTEND;VALUE=DATE:20260420",), ("DURATION:P1D",)])
def test_a_single_day_is_written_in_several_ways(tmp_path: Path, end: tuple[str, ...]) -> None:
    day = date(2026, 4, 20)
    assert only(tmp_path, "DTSTART;VALUE=DATE:20260420", *end) == (day, day, None, None)


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:20260310T140000Z", "DTEND:20260310T153000Z"),
        ("DTSTART;TZID=America/Chicago:20260310T090000", "DURATION:PT1H30M"),
        ("DTSTART;TZID=Eastern Standard Time:20260310T100000", "DTEND:20260310T153000Z"),
        ("DTSTART:20260310T100000", "DTEND:20260310T113000"),
    ],
)
def test_times_are_brought_to_the_schools_zone(tmp_path: Path, lines: tuple[str, ...]) -> None:
    assert only(tmp_path, *lines) == (date(2026, 3, 10), date(2026, 3, 10), 1000, 1130)


def test_the_calendars_own_zone_goes_before_the_given_one(tmp_path: Path) -> None:
    lines = ("DTSTART:20260310T040000Z", "DTEND:20260310T060000Z")
    assert only(tmp_path, *lines, head=["X-WR-TIMEZONE:America/Los_Angeles"]) == (
        *(date(2026, 3, 9), date(2026, 3, 9)),
        *(2100, 2300),
    )


def test_a_zone_that_the_file_defines_is_understood(tmp_path: Path) -> None:
    standard = "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0900\nTZOFFSETTO:+0900\nEND:STANDARD"
    zone = f"BEGIN:VTIMEZONE\nTZID:Sister College\n{standard}\nEND:VTIMEZONE"
    lines = ("DTSTART;TZID=Sister College:20260310T090000", "DTEND;TZID=Sister College:20260310T100000")
    assert only(tmp_path, *lines, head=[zone]) == (date(2026, 3, 9), date(2026, 3, 9), 2000, 2100)


def test_texts_are_unfolded_and_unescaped(tmp_path: Path) -> None:
    parsed = load(
        tmp_path,
        calendar(
            event(
                "DTSTART;VALUE=DATE:20260420",
                "DESCRIPTION:Bring a\\, b\\nand a very long ex",
                " planation",
                "LOCATION:Quad\\; north",
                'X-TRUMBA-CUSTOMFIELD;NAME="Event Type";ID=21;TYPE=Number:17',
                'X-TRUMBA-CUSTOMFIELD;NAME="Event Type";ID=2;TYPE=SingleLine:Holiday\\, observed',
                'X-TRUMBA-CUSTOMFIELD;NAME="Organization";ID=3;TYPE=SingleLine:Registrar',
                'X-TRUMBA-CUSTOMFIELD;NAME="Academic Term";ID=1;TYPE=SingleLine:Spring',
                'X-TRUMBA-CUSTOMFIELD;NAME="Event Name";ID=4;TYPE=SingleLine:Café Ni',
                "STATUS:CANCELLED",
                summary="Café Night",
            )
        ),
    )
    row = parsed.frame.iloc[0]
    assert row["description"] == "Bring a, b\nand a very long explanation"
    assert row["location"] == "Quad; north"
    assert row["summary"] == "Café Night"  # in full, which the name in the other field need not be
    assert (row["event_type"], row["organization"]) == ("Holiday, observed", "Registrar")
    assert (row["academic_term"], row["status"]) == ("Spring", "cancelled")


def test_an_event_without_a_summary_goes_by_its_other_name(tmp_path: Path) -> None:
    named = 'X-TRUMBA-CUSTOMFIELD;NAME="Event Name";ID=4;TYPE=SingleLine:Founders Day'
    parsed = load(
        tmp_path, calendar(event("DTSTART;VALUE=DATE:20260420", named, "CATEGORIES:A,B", summary=""))
    )
    assert (values(parsed, "summary"), values(parsed, "event_type")) == (["Founders Day"], ["A, B"])


def test_a_row_is_the_line_on_which_an_event_begins(tmp_path: Path) -> None:
    day = "DTSTART;VALUE=DATE:20260420"
    alarm = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT1H\nEND:VALARM"
    parsed = load(tmp_path, calendar(event(day, alarm), event(day)) + calendar(event(day)))
    assert values(parsed, "source_row") == [4, 13, 22]


def test_a_repeated_event_is_a_row_each_time(tmp_path: Path) -> None:
    weekly = ("DTSTART;TZID=America/New_York:20260303T170000", "DTEND;TZID=America/New_York:20260303T180000")
    rule = ("RRULE:FREQ=WEEKLY;UNTIL=20260331T210000Z", "EXDATE;TZID=America/New_York:20260310T170000")
    moved = event(
        "RECURRENCE-ID;TZID=America/New_York:20260317T170000",
        "DTSTART;TZID=America/New_York:20260318T120000",
        "DTEND;TZID=America/New_York:20260318T130000",
    )
    parsed = load(tmp_path, calendar(event(*weekly, *rule), moved))
    assert when(parsed) == [
        (date(2026, 3, 3), date(2026, 3, 3), 1700, 1800),
        (date(2026, 3, 24), date(2026, 3, 24), 1700, 1800),
        (date(2026, 3, 31), date(2026, 3, 31), 1700, 1800),  # the clocks have changed, the hour has not
        (date(2026, 3, 18), date(2026, 3, 18), 1200, 1300),
    ]
    assert values(parsed, "ics_uid") == [
        f"one@college.example/{stamp}"
        for stamp in ("20260303T1700", "20260324T1700", "20260331T1700", "20260317T1700")
    ]


def test_whole_days_repeat_too(tmp_path: Path) -> None:
    parsed = load(
        tmp_path,
        calendar(
            event(
                *("DTSTART;VALUE=DATE:20260302", "RRULE:FREQ=WEEKLY;COUNT=3"),
                *("EXDATE;VALUE=DATE:20260309", "RDATE;VALUE=DATE:20260401"),
            )
        ),
    )
    assert values(parsed, "start_date") == [date(2026, 3, 2), date(2026, 3, 16), date(2026, 4, 1)]
    assert values(parsed, "ics_uid")[0] == "one@college.example/20260302"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("FREQ=WEEKLY", "column 'RRULE': is without an end: it needs UNTIL or COUNT"),
        ("FREQ=HOURLY;COUNT=3", "column 'RRULE': repeats the event neither daily"),
        ("FREQ=DAILY;COUNT=2000", "column 'RRULE': repeats the event more than 1,000 times"),
        ("FREQ=DAILY;COUNT=2;INTERVAL=0", "column 'RRULE': is no rule that can be followed"),
        ("FREQ=SOMETIMES", "column 'RRULE': is not understood"),
        ("COUNT=3", "column 'RRULE': repeats the event neither daily"),
        ("FREQ=WEEKLY;COUNT=2;BYSETPOS=0", "column 'RRULE': is no rule that can be followed"),
    ],
)
def test_rules_that_are_not_followed_are_named(tmp_path: Path, rule: str, reason: str) -> None:
    content = calendar(event("DTSTART;VALUE=DATE:20260302", f"RRULE:{rule}"))
    assert refused(tmp_path, content).startswith(f"row 4, {reason}")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("DTEND;VALUE=DATE:20260302",), ", column 'DTSTART': has no beginning"),
        (("DTSTART:2026-03-02",), ", column 'DTSTART': is not understood"),
        (("DTSTART;VALUE=DATE:20260302", "DTEND:20260302T100000"), ", column 'DTEND': is a date where"),
        (
            ("DTSTART;TZID=Nowhere/Else:20260302T100000",),
            ", column 'DTSTART': 'Nowhere/Else' is no known time",
        ),
        (
            ("DTSTART;VALUE=DATE:20260302", "DTSTART;VALUE=DATE:20260303"),
            ", column 'DTSTART': is there twice",
        ),
        (("DTSTART;VALUE=DATE:20260302", "a line too many"), ": has a line that is no property"),
        (("DTSTART;VALUE=DATE:20260302", "SUMMARY:"), ", column 'SUMMARY': is there twice"),
        (
            ("DTSTART;VALUE=DATE:20260302", "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20260302"),
            ", column 'RECURRENCE-ID': changes all later times at once",
        ),
    ],
)
def test_what_is_wrong_with_an_event_is_named(tmp_path: Path, lines: tuple[str, ...], reason: str) -> None:
    good = event("DTSTART;VALUE=DATE:20260302")
    assert refused(tmp_path, calendar(good, event(*lines))).startswith(f"row 9{reason}")


def test_an_event_without_any_name_is_refused(tmp_path: Path) -> None:
    content = calendar(event("DTSTART;VALUE=DATE:20260302", summary=""))
    assert refused(tmp_path, content) == "row 4, column 'summary': is empty"


DAY = event("DTSTART;VALUE=DATE:20260302")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty"),
        ("summary,start_date\nOpen House,2026-03-02\n", "row 1: is no iCalendar file: BEGIN:VCALENDAR is"),
        ("<html><body>Sign in</body></html>", "row 1: is no iCalendar file"),
        (calendar(), "has no event (VEVENT)"),
        (calendar("BEGIN:VTODO\nSUMMARY:Write\nEND:VTODO"), "has no event (VEVENT)"),
        (calendar(DAY).removesuffix("END:VCALENDAR\r\n"), "row 1: a VCALENDAR begins here and never ends"),
        (calendar(DAY)[:-30], "row 4: a VEVENT begins here and never ends: is the file cut off?"),
        (calendar("END:VEVENT"), "row 4: ends a VEVENT that did not begin"),
        (calendar(DAY) + "BEGIN:VEVENT\r\nEND:VEVENT\r\n", "row 10: is no iCalendar file"),
        (calendar(DAY).encode("utf-16"), "row 1: is not UTF-8 text"),
        (calendar("X:1", DAY.replace("House", "Café")).encode("cp1252"), "row 7: is not UTF-8 text"),
        (calendar("X-WR-TIMEZONE:Nowhere", DAY), "X-WR-TIMEZONE: 'Nowhere' is no known time zone"),
        (b"PK\x03\x04 and so on", "is called .ics, but is a packed file"),
    ],
)
def test_broken_files_say_what_is_wrong(tmp_path: Path, content: str | bytes, reason: str) -> None:
    assert refused(tmp_path, content).startswith(reason)


def test_a_byte_order_mark_and_plain_line_ends_are_no_fault(tmp_path: Path) -> None:
    content = "\ufeff" + calendar(DAY).replace("\r\n", "\n")
    assert values(load(tmp_path, content), "summary") == ["Open House"]


def test_there_are_limits(tmp_path: Path) -> None:
    two = Limits(rows=2, columns=50, unpacked_bytes=10_000)
    assert refused(tmp_path, calendar(DAY, DAY, DAY), limits=two) == "row 14: has more than 2 events"
    daily = event("DTSTART;VALUE=DATE:20260302", "RRULE:FREQ=DAILY;COUNT=2")
    assert refused(tmp_path, calendar(DAY, daily), limits=two) == "row 9: has more than 2 events"
    assert refused(tmp_path, calendar(*[DAY] * 200), limits=two).startswith("is larger than")


def test_a_file_that_breaks_anywhere_is_read_or_refused(tmp_path: Path) -> None:
    """Whatever bytes are lost or overwritten, the reader finds a reason or reads on."""
    whole = calendar(
        "X-WR-TIMEZONE:America/New_York",
        event("DTSTART;TZID=America/New_York:20260303T170000", "RRULE:FREQ=WEEKLY;UNTIL=20260331"),
        event("DTSTART;VALUE=DATE:20260302", 'X-TRUMBA-CUSTOMFIELD;NAME="Event Type":Meeting'),
    ).encode()
    rng = random.Random(7)  # noqa: S311 - which bytes break is no secret
    outcomes = set()
    for _ in range(300):
        broken = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(broken))
            broken[place : place + rng.randint(0, 4)] = rng.choice(
                (b"", b":", b";", b"\n", b"9", b"\xff", b'"')
            )
        try:
            load(tmp_path, bytes(broken))
            outcomes.add("read")
        except Fault:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


weekdays = st.sets(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=4)


@given(
    zone=st.sampled_from(["America/New_York", "Europe/Zurich", "Australia/Lord_Howe"]),
    start=st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2026-12-31")),
    rule=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    interval=st.integers(1, 3),
    days=weekdays,
    weeks=st.integers(0, 40),
    by_count=st.booleans(),
)
def test_repeated_events_are_those_that_another_library_finds(
    zone: str, start: datetime, rule: str, interval: int, days: set[str], weeks: int, *, by_count: bool
) -> None:
    begin = start.replace(hour=start.hour % 12 + 6, second=0, microsecond=0)  # awake: no hour is left out
    end = f"COUNT={weeks + 1}" if by_count else f"UNTIL={begin + timedelta(weeks=weeks):%Y%m%dT235959Z}"
    content = calendar(
        f"X-WR-TIMEZONE:{zone}",
        event(
            f"DTSTART;TZID={zone}:{begin:%Y%m%dT%H%M%S}",
            "DURATION:PT50M",
            f"RRULE:FREQ={rule};INTERVAL={interval};BYDAY={','.join(sorted(days))};{end}",
        ),
    )
    expected = {
        each["DTSTART"].dt.replace(tzinfo=None)
        for each in recurring_ical_events.of(Calendar.from_ical(content)).between((2025, 1, 1), (2040, 1, 1))
    }
    with TemporaryDirectory() as folder:
        found = load(Path(folder), content)
    assert expected == {
        datetime.combine(day, clock(int(at)))
        for day, at in zip(values(found, "start_date"), values(found, "start_time"), strict=True)
    }
