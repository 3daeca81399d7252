"""The tables of the course catalogue."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from scheduling_pipeline.simulators.reports.university import published_calendar
from tests.datasets.reading import arrive, refusal

FILES = {
    "terms": "uid,year,season,start_date,end_date\n202620,2026,Spring,2026-01-12,2026-04-24\n",
    "courses": (
        "crn,term,subject,course_number,section_number,title,schedule_type,start_date,end_date,credit_hours,"
        "status,seats_available,instructor_name,instructor_email\n"
        '20117,202620,COMP,1000,A1,"Reading, Writing",LEC,2026-01-12,2026-04-24,3.5,'
        "active,-2,Ada Example,ada@college.example\n"
    ),
    "meeting_times": (
        "crn,term,day_of_week,begin_time,end_time,start_date,end_date,meeting_schedule_type,building,room\n"
        "20117,202620,0,0900,950,2026-01-12,2026-04-24,1,BEC,M204\n"
        "20117,202620,6,1201,2359,2026-01-12,2026-04-24,2,,\n"
    ),
    "enrollments": "user_email,crn,term\nsam@college.example,20117,202620\n",
    "users": "email,first_name,last_name,access_level\nsam@college.example,Sam,Example,0\n",
    "rooms": "building,building_name,number,floor\nBEC,Beckett Center,010,0\nTBD,To Be Determined,0,\n",
    "final_exams": (
        "crn,term,exam_date,start_time,end_time,location,combined_crns\n"
        "20117,202620,2026-04-20,800,1000,ABC 010 / ABC 012,\n"
    ),
    "university_events": (
        "ics_uid,summary,start_date,end_date,start_time,end_time,category,term\n"
        "one,Spring Break,2026-03-09,2026-03-13,,,holiday,202620\n"
        "two,Open House,2026-03-28,2026-03-28,1000,1400,,\n"
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_every_table_loads(tmp_path: Path, name: str) -> None:
    parsed = arrive(tmp_path, f"{name}.csv", FILES[name])
    assert len(parsed.frame) == FILES[name].count("\n") - 1
    assert parsed.extra == ()


@pytest.mark.parametrize("name", sorted(FILES.keys() - {"university_events"}))
def test_no_table_has_a_row_twice(tmp_path: Path, name: str) -> None:
    row = FILES[name].splitlines()[1]
    count = FILES[name].count("\n")
    reason = refusal(tmp_path, f"{name}.csv", f"{FILES[name]}{row}\n")
    assert reason.startswith(f"row {count + 1}: has the same ")
    assert reason.endswith("as row 2")


def test_numbers_of_rooms_and_sections_are_texts_and_times_are_numbers(tmp_path: Path) -> None:
    assert arrive(tmp_path, "rooms.csv", FILES["rooms"]).frame["number"].tolist() == ["010", "0"]
    assert arrive(tmp_path, "courses.csv", FILES["courses"]).frame["section_number"].tolist() == ["A1"]
    times = arrive(tmp_path, "meeting_times.csv", FILES["meeting_times"]).frame
    assert times["begin_time"].tolist() == [900, 1201]
    assert times["start_date"].tolist() == [date(2026, 1, 12)] * 2
    assert arrive(tmp_path, "terms.csv", FILES["terms"]).frame["season"].tolist() == ["spring"]


def test_events_of_the_university_need_a_summary_and_days_alone(tmp_path: Path) -> None:
    row = "Spring Break,2026-03-09,2026-03-13\n"
    events = arrive(tmp_path, "university_events.csv", f"summary,start_date,end_date\n{row}{row}").frame
    assert len(events) == 2  # which of them counts is for the catalogue to say
    assert events["start_time"].isna().all()


def test_a_published_calendar_is_a_table_of_events(tmp_path: Path) -> None:
    parsed = arrive(tmp_path, "academic_calendar.ics", published_calendar(), zone="America/New_York")
    assert parsed.missing == ("category", "term")
    break_ = parsed.frame[parsed.frame["summary"] == "Spring Break"].iloc[0]
    assert (break_["start_date"], break_["end_date"]) == (date(2026, 3, 9), date(2026, 3, 13))


@pytest.mark.parametrize(
    ("name", "cell", "wrong", "reason"),
    [
        ("terms", "Spring", "winter", "column 'season': 'winter' is none of: spring, summer, fall"),
        ("meeting_times", ",0,0900", ",7,0900", "column 'day_of_week': '7' is more than 6"),
        ("meeting_times", "950", "2400", "column 'end_time': '2400' is more than 2359"),
        ("courses", "active", "open", "column 'status': 'open' is none of: active, cancelled"),
        ("enrollments", "sam@college.example", "", "column 'user_email': is empty"),
        ("university_events", "202620", "26", "column 'term': '26' is less than 100000"),
        ("university_events", "2026-03-13", "", "column 'end_date': is empty"),
        ("final_exams", "2026-04-20", "20 April", "column 'exam_date': '20 April' is no date"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, name: str, cell: str, wrong: str, reason: str) -> None:
    assert refusal(tmp_path, f"{name}.csv", FILES[name].replace(cell, wrong, 1)) == f"row 2, {reason}"
