"""A small college whose students have Google calendars, and the nights in which these are brought up to date.

Ann, Ben and Cem have some thirty events; from one night to the next there are creates, changes of room, time,
weekday, dates off, title and instructor, ends and deletes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing.connection import Connection

from sqlalchemy import Engine

from resources.google import Google
from resources.google_calendar import GoogleCalendars
from scheduling_pipeline.calendars.access import Calendars
from scheduling_pipeline.course_calendars import (
    Ended,
    Request,
    apply_changes,
    how_it_ended,
    note,
    plan_students,
)
from scheduling_pipeline.courses.credentials import needing_sign_in, save_credential
from scheduling_pipeline.courses.events import EventBuilder
from scheduling_pipeline.courses.provision import CalendarSetUp
from scheduling_pipeline.courses.rosters import load_catalogue, load_students
from scheduling_pipeline.courses.standing import ready_calendars
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.simulators.google.scopes import CALENDAR
from tests.courses.school import (
    ZONE,
    Rows,
    address,
    course,
    enrollment,
    event,
    exam,
    meeting,
    small_school,
    user,
)
from tests.end_to_end.deaths import Death
from tests.end_to_end.remote import Steering
from tests.resources.google_project import google_of

STUDENTS = ("ann", "ben", "cem")
CATEGORIES = ("holiday",)
LATER = date(2026, 3, 16)  # when the course begins that Ben drops before

# Sunday is 0 in the college's files.
MON, TUE, WED, THU, FRI = range(1, 6)


def first_night() -> Rows:
    """Six courses; each student takes four of them."""
    taken = {"ann": (1, 2, 3, 4), "ben": (1, 2, 3, 5), "cem": (1, 3, 4, 5)}
    return small_school() | {
        "courses": [course(crn) for crn in range(1, 7)],
        "meeting_times": [
            meeting(1, MON),
            meeting(1, WED),
            meeting(2, TUE, 1900, 2145),
            meeting(3, THU, 1000, 1115),
            meeting(3, FRI, 1000, 1115),
            meeting(4, MON, 1300, 1550, meeting_schedule_type=2),
            meeting(5, WED, 1500, 1615, start_date=LATER),
            meeting(6, FRI, 1300, 1415),
        ],
        "rooms": [
            {"building": "WIL", "building_name": "Wilder Hall", "number": number, "floor": 1}
            for number in ("101", "112")
        ],
        "users": [user(address(name)) for name in STUDENTS],
        "enrollments": [enrollment(address(name), crn) for name, crns in taken.items() for crn in crns],
        "final_exams": [exam(1), exam(2, exam_date=date(2026, 4, 21))],
    }


def second_night() -> Rows:
    """The same, a night later."""
    files = first_night()
    taken = {"ann": (1, 2, 3, 6), "ben": (1, 2, 3, 6), "cem": (1, 3, 4, 5)}  # running or to come, dropped
    return (
        files
        | {
            "courses": [
                course(
                    crn,
                    **({"title": "Renamed"} if crn == 3 else {}),
                    **({"instructor_name": "Grace Example"} if crn == 4 else {}),
                )
                for crn in range(1, 7)
            ],
            "meeting_times": [
                meeting(1, MON, room="112"),
                meeting(1, WED, 1100, 1150),
                meeting(2, THU, 1900, 2145),  # another weekday
                meeting(3, THU, 1000, 1115),  # and no more on Fridays
                *files["meeting_times"][5:],
            ],
            "enrollments": [enrollment(address(name), crn) for name, crns in taken.items() for crn in crns],
            "final_exams": [exam(2, exam_date=date(2026, 4, 22), location="WIL 112")],
            "university_events": [
                *files["university_events"],
                event("founders", "Founders' Day", date(2026, 3, 25)),  # a Wednesday
            ],
        }
    )


def allow(google: Steering, email: str) -> str:
    """This person goes through the consent page; their refresh token."""
    token: str = google.control("POST", "consent", json={"email": email}).json()["refresh_token"]
    return token


def consent(
    engine: Engine, google: Google, steering: Steering, emails: Collection[str], now: datetime
) -> None:
    """These people allow us to write to their calendars."""
    for email in emails:
        save_credential(
            engine,
            google.cipher,
            user_email=email,
            account_email=email,
            refresh_token=allow(steering, email),
            scopes={CALENDAR},
            now=now,
        )


def provide_calendars(engine: Engine, google: Google, now: datetime) -> dict[str, str]:
    """Everybody who consented gets a calendar; the calendars, by address."""
    with google.service_calendars() as owner:
        setup = CalendarSetUp(engine, google.cipher, owner, "Courses", ZONE.key, now)
        problems = [one.problem for one in setup.provide_missing() if one.problem]
    assert not problems
    return {email: calendar for calendar, email in ready_calendars(engine).items()}


@dataclass(frozen=True)
class Night:
    """What the nightly job does, without Dagster, at an instant; `everybody`: also for those not due."""

    now: datetime
    everybody: bool = False

    def run(self, engine: Engine, provider: GoogleCalendars) -> list[Ended]:
        """Bring those who are due up to date; how it ended for each."""
        waiting = {one.person for one in needing_sign_in(engine)}
        students = load_students(engine, emails=None, due_only=not self.everybody)
        students = [student for student in students if student.email not in waiting]
        builder = EventBuilder(load_catalogue(engine), ZONE, CATEGORIES)
        request = Request.about(students, whole=True, force=False)
        calendars = Calendars(engine, provider, "run")
        planned = plan_students(
            request,
            [event for student in students for event in builder.of(student)],
            calendars,
            edited_dates=provider.edited_dates,
            now=self.now,
        )
        applied = apply_changes(
            planned.plan.free, calendars, now=self.now, on_progress=lambda *_: None, force=False
        )
        ended = how_it_ended(request.owners, planned.plan.held, planned.unreadable, applied)
        note(request, ended, calendars, began=self.now, now=self.now)
        return ended


def run_when_told(
    night: Night, database_url: str, environment: Mapping[str, str], death: Death | None, go: Connection
) -> None:
    """What a child process does: wait for the word, then run the night, perhaps with its death arranged."""
    engine = connect(database_url)
    with google_of(environment).connect(engine) as provider:
        if death:
            death.arrange(engine, provider)
        go.recv()
        night.run(engine, provider)


def synced(engine: Engine) -> set[str]:
    """The calendars of those who are marked as up to date."""
    due = {student.email for student in load_students(engine, emails=None, due_only=True)}
    return {calendar for calendar, email in ready_calendars(engine).items() if email not in due}
