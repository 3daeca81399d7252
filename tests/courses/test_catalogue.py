"""The catalogue follows the files: ids stay, nothing is lost by accident, nonsense is named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from scheduling_pipeline.calendars.model import ChangeKind, DesiredEvent, LedgerEvent
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.course_calendars import ALWAYS
from scheduling_pipeline.courses import catalogue
from scheduling_pipeline.courses.categories import CATEGORIES
from scheduling_pipeline.courses.events import EventBuilder
from scheduling_pipeline.courses.model import Exam, Place
from scheduling_pipeline.courses.rosters import load_catalogue, load_students
from scheduling_pipeline.database.courses import (
    Building,
    Course,
    Enrollment,
    FinalExam,
    MeetingTime,
    Room,
    Term,
    UniversityEvent,
    User,
)
from scheduling_pipeline.database.settle import Count
from tests.courses.school import (
    BY_NAME,
    FALL,
    SPRING,
    START,
    ZONE,
    School,
    address,
    course,
    enrollment,
    event,
    exam,
    meeting,
    user,
)
from tests.files.parsing import read, values

TABLES = (Term, Course, MeetingTime, Building, Room, User, FinalExam, UniversityEvent)


def contents(school: School) -> list[object]:
    """Everything in the catalogue's tables, ids included."""
    everything = (*TABLES, Enrollment)
    return [school.table(model, *model.__table__.c.keys()) for model in everything]


def desired_events(school: School) -> list[DesiredEvent]:
    """What should stand in everybody's calendar, if Ann were everybody."""
    (ann,) = load_students(school.engine, emails=[address("ann")], due_only=False)
    return EventBuilder(load_catalogue(school.engine), ZONE, CATEGORIES).of(ann)


def standing_events(school: School) -> list[LedgerEvent]:
    """The ledger after everything was written."""
    school.give_calendars("ann")
    return [
        LedgerEvent(
            event.scope, event.calendar, event.uid, event.content, event.kin, "", 1, f"id-{event.uid}", "1"
        )
        for event in desired_events(school)
    ]


def codes(school: School) -> list[str]:
    """The courses that stand, by CRN."""
    return [str(crn) for (crn,) in school.table(Course, "crn")]


def set_titles(school: School, title: str) -> None:
    for row in school.files["courses"]:
        row["title"] = title


def test_conventions_of_the_files_end_at_the_edge(school: School) -> None:
    school.files["users"].append({"email": "Dee@College.EXAMPLE", "first_name": "Dee", "access_level": 2})
    school.night()
    one, two = school.course(1), school.course(2)
    assert [(each.weekday, each.begin, each.end) for each in one.meetings] == [
        (0, time(9), time(9, 50)),
        (2, time(9), time(9, 50)),
    ]
    assert (one.code, two.code) == ("COMP-1000-1", "COMP-1000-2")
    assert one.instructor_email == "ada@college.example"
    assert one.exam == Exam(date(2026, 4, 20), time(8), time(10), "WIL 101")
    assert [place for each in two.meetings for place in each.places] == [
        Place("Wilder Hall", "112"),
        Place("Wilder Hall", "113"),
    ]
    assert address("dee") in {email for (email,) in school.table(User, "email")}


def test_17_the_same_files_again_change_nothing(school: School) -> None:
    assert school.night().changed
    before = contents(school)
    again = school.night()
    assert not again.changed
    assert again.affected == {}
    assert contents(school) == before


def test_17_a_re_upload_keeps_ids(school: School) -> None:
    school.night()
    ids = [school.table(model, "id") for model in TABLES]
    set_titles(school, "New")
    for rows in school.files.values():
        rows.reverse()
    school.night()
    assert [school.table(model, "id") for model in TABLES] == ids
    assert school.course(1).title == "New"


def test_a_meeting_that_moves_stays_the_same_meeting(school: School) -> None:
    school.night()
    before = school.table(MeetingTime, "id", "number")
    school.files["meeting_times"][0] |= {"begin_time": 1100, "end_time": 1150}
    school.files["meeting_times"][1] |= {"day_of_week": 5}
    count = school.night().counts["meeting_times"]
    assert count == Count(changed=2, unchanged=1)
    assert school.table(MeetingTime, "id", "number") == before
    assert [(each.number, each.weekday, each.begin) for each in school.course(1).meetings] == [
        (1, 0, time(11)),
        (2, 4, time(9)),
    ]


def test_meetings_may_swap_their_times(school: School) -> None:
    school.files["meeting_times"][1]["begin_time"] = 930
    school.night()
    first, second, _ = school.files["meeting_times"]
    first["begin_time"], second["begin_time"] = second["begin_time"], first["begin_time"]
    assert school.night().counts["meeting_times"].changed == 2
    assert [each.begin for each in school.course(1).meetings] == [time(9, 30), time(9)]


def test_a_new_meeting_gets_a_new_number_and_a_removed_one_leaves_the_others_theirs(school: School) -> None:
    school.night()
    del school.files["meeting_times"][0]
    school.night()
    school.files["meeting_times"].append(meeting(1, 1))
    count = school.night().counts["meeting_times"]
    assert count == Count(added=1, unchanged=2)
    assert [(each.number, each.weekday) for each in school.course(1).meetings] == [(2, 2), (3, 0)]


def test_15_a_meeting_that_is_over_and_gone_leaves_its_number_to_no_other(school: School) -> None:
    half = date(2026, 2, 27)
    school.files["meeting_times"] = [meeting(2, 2, end_date=half)]
    school.night()
    past = standing_events(school)
    school.files["meeting_times"] = []
    school.night()
    school.now = school.now.replace(month=3, day=2)
    school.files["meeting_times"] = [meeting(2, 4, start_date=half + timedelta(days=3))]
    school.night()
    assert [each.number for each in school.course(2).meetings] == [2]
    changes = plan(
        desired_events(school),
        past,
        windows=ALWAYS,
        kins=frozenset(),
        now=school.now,
    ).changes
    assert {(change.kind, change.uid) for change in changes} == {
        (ChangeKind.CREATE, f"class-{SPRING}-2-2"),
    }


def test_17_the_event_of_a_meeting_that_is_removed_goes_and_no_other(school: School) -> None:
    school.night()
    before = standing_events(school)
    del school.files["meeting_times"][0]
    school.night()
    changes = plan(desired_events(school), before, windows=ALWAYS, kins=frozenset(), now=school.now).changes
    assert [(change.kind, change.uid) for change in changes] == [(ChangeKind.END, f"class-{SPRING}-1-1")]


def test_18_rows_of_one_meeting_are_one_in_the_room_that_is_known(school: School) -> None:
    school.files["meeting_times"].append(meeting(1, 1, building="TBD", room="0"))
    done = school.night()
    assert done.merged == 1
    assert [each.places for each in school.course(1).meetings] == [(Place("Wilder Hall", "101"),)] * 2


def test_rooms_that_nobody_lists_are_made_and_go_when_nobody_meets_there(school: School) -> None:
    school.files["meeting_times"][0] |= {"building": "XYZ", "room": "M204"}
    school.files["meeting_times"][1] |= {"building": "wilder hall", "room": "112"}
    school.night()
    first, second = school.course(1).meetings
    assert first.places == (Place("XYZ", "M204"),)
    assert second.places == (Place("Wilder Hall", "112"),)
    school.files["meeting_times"][0] |= {"building": "WIL", "room": "101"}
    counts = school.night().counts
    assert (counts["rooms"].removed, counts["buildings"].removed) == (1, 1)
    assert school.table(Building, "abbreviation") == [("WIL",)]


def test_a_meeting_without_a_room_has_no_place(school: School) -> None:
    school.files["meeting_times"][0] |= {"building": None, "room": None}
    school.files["meeting_times"][1] |= {"building": "TBD", "room": None}
    school.night()
    nowhere, undecided = school.course(1).meetings
    assert nowhere.places == ()
    assert [place.is_known for place in undecided.places] == [False]


def test_a_course_goes_with_all_that_is_its_own(school: School) -> None:
    school.night()
    del school.files["courses"][0]
    counts = school.night().counts
    assert codes(school) == ["2"]
    assert (counts["courses"].removed, counts["meeting_times"].removed, counts["enrollments"].removed) == (
        1,
        2,
        2,
    )
    assert school.table(FinalExam, "crn", "course_id") == [(1, None)]


def test_whoever_is_not_listed_any_more_takes_nothing_but_stays_known(school: School) -> None:
    school.night()
    del school.files["users"][0]
    done = school.night()
    assert (address("ann"), False) in school.table(User, "email", "listed")
    assert done.counts["users"].removed == 1
    assert done.affected == {address("ann"): ("enrolment removed", "not listed any more")}
    assert [refused.reason for refused in done.refused] == [f"the list of users has no {address('ann')}"] * 2
    school.files["users"].append(user(address("ann")))
    assert school.night().affected == {address("ann"): ("enrolment added", "listed again")}


def test_a_term_goes_when_nothing_is_left_in_it(school: School) -> None:
    fall = {
        "uid": FALL,
        "year": 2026,
        "season": "fall",
        "start_date": date(2026, 9, 2),
        "end_date": date(2026, 12, 16),
    }
    school.files["terms"].append(fall)
    school.files["courses"].append(course(3, term=FALL))
    school.night()
    school.files["terms"].remove(fall)
    school.night()
    assert school.table(Term, "uid") == [(SPRING,), (FALL,)]
    del school.files["courses"][-1]
    school.night()
    assert school.table(Term, "uid") == [(SPRING,)]


SENSELESS = (
    ("courses", course(9, term=FALL), "the list of terms has no term 202710"),
    (
        "courses",
        course(9, end_date=START - timedelta(days=1)),
        "it ends on 2026-01-11, before it starts on 2026-01-12",
    ),
    ("meeting_times", meeting(9, 1), "the catalogue has no course 202620-9"),
    ("meeting_times", meeting(1, 4, 970, 990), "970 is no time of day (HHMM)"),
    ("meeting_times", meeting(1, 4, 1000, 900), "it ends at 900, before it begins at 1000"),
    ("enrollments", enrollment(address("ann"), 9), "the catalogue has no course 202620-9"),
    ("enrollments", enrollment(address("zoe"), 1), "the list of users has no zoe@college.example"),
    ("enrollments", enrollment("ANN@college.example", 1), "the same as row 2"),
    ("users", user("nobody"), "'nobody' is no e-mail address"),
    ("final_exams", exam(1, term=FALL), "the list of terms has no term 202710"),
    ("university_events", event("x", "Fair", START, start_time=2460), "2460 is no time of day (HHMM)"),
)


def test_a_row_that_makes_no_sense_is_refused_and_the_rest_goes_on(school: School) -> None:
    school.night()
    before = contents(school)
    for dataset, row, reason in SENSELESS:
        school.files[dataset].append(row)
        done = school.night()
        refused = [(each.dataset, each.row, each.reason) for each in done.refused]
        assert refused == [(dataset, len(school.files[dataset]) + 1, reason)]
        assert not done.changed, reason
        school.files[dataset].remove(row)
    assert contents(school) == before


def test_what_stands_of_a_refused_row_stays(school: School) -> None:
    school.night()
    before = contents(school)
    school.files["courses"][0]["end_date"] = START - timedelta(days=1)
    school.files["meeting_times"][0]["begin_time"] = 999
    school.files["final_exams"][0]["end_time"] = 700
    school.files["university_events"][0]["start_time"] = 2500
    school.files["terms"][0]["end_date"] = START - timedelta(days=1)
    assert len(school.night().refused) == 5
    assert contents(school) == before


def test_a_file_that_was_taken_away_says_nothing(school: School) -> None:
    school.night()
    before = contents(school)
    for name in list(school.files):
        rows = school.files.pop(name)
        assert not school.night().changed, name
        school.files[name] = rows
    assert contents(school) == before


def test_before_any_file_has_arrived_there_is_nothing_to_do(school: School) -> None:
    school.files = {}
    done = school.night()
    assert not done.changed
    assert done.refused == ()


def test_20_an_exam_waits_for_its_course(school: School) -> None:
    school.files["final_exams"].append(exam(3))
    school.night()
    assert school.table(FinalExam, "crn", "course_id")[1] == (3, None)
    school.files["courses"].append(course(3))
    school.files["enrollments"].append(enrollment(address("ben"), 3))
    school.night()
    assert school.course(3).exam is not None


def test_20_an_exam_that_names_other_courses_is_theirs_unless_they_have_their_own(school: School) -> None:
    school.files["courses"].append(course(3))
    school.files["final_exams"] = [
        exam(1, combined_crns="2, 3", location="Hall"),
        exam(3, exam_date=date(2026, 4, 22), location="Annex"),
    ]
    school.night()
    exams = [school.course(crn).exam for crn in (1, 2, 3)]
    assert [found and found.location for found in exams] == ["Hall", "Hall", "Annex"]


def test_20_an_exam_that_was_held_stays_when_the_file_lists_only_what_comes(school: School) -> None:
    school.night()
    school.now = school.now.replace(month=4, day=21)
    school.files["final_exams"] = [exam(2, exam_date=date(2026, 4, 23))]
    school.night()
    assert school.table(FinalExam, "crn") == [(1,), (2,)]


def test_15_holidays_that_are_over_stay_when_the_feed_lists_only_what_comes(school: School) -> None:
    school.night()
    school.now = school.now.replace(month=3, day=20)
    school.files["university_events"] = [event("day", "Patriots' Day", date(2026, 4, 20))]
    school.night()
    assert school.table(UniversityEvent, "ics_uid") == [("break",), ("day",)]


def test_a_holiday_that_the_feed_takes_back_goes(school: School) -> None:
    school.files["university_events"] += [
        event("day", "Patriots' Day", date(2026, 4, 20)),
        event("end", "Commencement", date(2026, 5, 3)),
    ]
    school.night()
    school.now = school.now.replace(month=3, day=20)
    del school.files["university_events"][1]
    school.night()
    assert school.table(UniversityEvent, "ics_uid") == [("break",), ("end",)]


def test_events_are_cleaned_and_what_is_left_out_is_told(school: School) -> None:
    school.files["university_events"] += [
        event("cancelled", "Open House", date(2026, 3, 20), status="cancelled"),
        event("mlk", "Martin Luther King Day", date(2026, 1, 19), start_time=1200, end_time=2359),
    ]
    done = school.night()
    assert [(skipped.event.ics_uid, skipped.reason) for skipped in done.skipped] == [
        ("cancelled", "is cancelled")
    ]
    assert school.table(UniversityEvent, "ics_uid", "start_time", "category") == [
        ("mlk", None, "holiday"),
        ("break", None, "holiday"),
    ]


def test_a_refresh_that_fails_leaves_nothing_behind(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    school.night()
    before = contents(school)
    school.files["courses"][0]["title"] = "New"
    del school.files["meeting_times"][0]

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(catalogue, "drop_terms", fail)
    with pytest.raises(OSError, match="the disk is full"):
        school.night()
    assert contents(school) == before


def test_two_refreshes_at_once_do_what_one_does(school: School) -> None:
    school.night()
    set_titles(school, "New")
    school.arrive()
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda _: catalogue.refresh(school.engine, now=school.now), range(2)))
    assert sorted(each.counts["courses"].changed for each in done) == [0, 2]
    assert {generation for (generation,) in school.table(User, "change_generation")} == {2}


def test_6_an_ics_file_whose_break_ends_on_a_monday_leaves_that_monday_a_day_of_classes(
    school: School, tmp_path: Path
) -> None:
    lines = (
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", "BEGIN:VEVENT"),
        *("UID:break", "SUMMARY:Spring Break"),
        *("DTSTART;VALUE=DATE:20260309", "DTEND;VALUE=DATE:20260316"),  # the day after the last
        *("END:VEVENT", "END:VCALENDAR", ""),
    )
    dataset = BY_NAME["university_events"]
    parsed = read(tmp_path, "\r\n".join(lines), name="university.ics", dataset=dataset, zone=ZONE)
    columns = ("ics_uid", "summary", "start_date", "end_date")
    rows = zip(*(values(parsed, column) for column in columns), strict=True)
    school.files["university_events"] = [dict(zip(columns, row, strict=True)) for row in rows]
    school.night()
    school.give_calendars("ann")
    mondays = next(event for event in desired_events(school) if event.uid == f"class-{SPRING}-1-1")
    assert mondays.content.rrule is not None
    assert mondays.content.rrule.exdates == {date(2026, 3, 9)}
