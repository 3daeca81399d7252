"""An invented college: its catalogue, the students whose calendars are kept, and what changes in a night.

`home` holds the pipeline's database and the simulated Google's state. Each student has a second calendar, the
twin, that the pipeline knows nothing about: it is there for those whom we are compared with.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Engine, insert, select

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.courses.credentials import PROVIDER
from scheduling_pipeline.database.courses import GoogleCalendar, OAuthCredential, User
from scheduling_pipeline.simulators.google.grants import Grant, Grants
from scheduling_pipeline.simulators.google.scopes import CALENDAR
from scheduling_pipeline.simulators.google.settings import SERVICE_ACCOUNT
from scheduling_pipeline.simulators.google.store import Calendar, Rule, Store
from tests.courses.school import (
    END,
    SPRING,
    START,
    ZONE,
    Row,
    Rows,
    School,
    course,
    enrollment,
    event,
    meeting,
)

TAKEN = 5  # courses of a student
CHANGED = 0.02  # of the courses

_TIMES = ((800, 840), (930, 1040), (1110, 1200), (1300, 1415), (1500, 1540), (1900, 2140))
_LATER = 15  # minutes, which HHMM can take within an hour
_ROOMS = tuple(f"{number}" for number in range(101, 141))


@dataclass(frozen=True, slots=True)
class Size:
    """So many students, each of whom takes five of the courses; `latency` in seconds a request."""

    students: int
    courses: int
    latency: float

    def __str__(self) -> str:
        return f"{self.students:,} x {TAKEN} at {self.latency * 1000:.0f} ms"


@dataclass(frozen=True, slots=True)
class Person:
    """A student as Google knows them, with tokens that are good for the whole of a measurement."""

    email: str
    calendar: str
    twin: str
    refresh_token: str
    access_token: str


@dataclass(frozen=True, slots=True)
class Mix:
    """What changes, as CRNs: the usual things of a night in term."""

    rooms: Sequence[int]
    instructors: Sequence[int]
    titles: Sequence[int]
    times: Sequence[int]

    @property
    def crns(self) -> frozenset[int]:
        """All of them."""
        return frozenset((*self.rooms, *self.instructors, *self.titles, *self.times))

    def __str__(self) -> str:
        counts = map(len, (self.rooms, self.instructors, self.titles, self.times))
        return ", ".join(
            f"{count} {what}"
            for count, what in zip(counts, ("rooms", "names", "titles", "times"), strict=True)
        )


def mix(size: Size) -> Mix:
    """Of ten changes four are of rooms, three of instructors, two of titles and one of a time."""
    changing = random.Random(2).sample(range(size.courses), max(round(size.courses * CHANGED), 4))  # noqa: S311 - seeded
    kinds: list[list[int]] = [[], [], [], []]
    for number, crn in enumerate(changing):
        kinds[(0, 1, 2, 3, 0, 1, 0, 2, 1, 0)[number % 10]].append(crn)
    return Mix(*kinds)


class College:
    """The catalogue in the pipeline's database, and everybody's calendar ready to be written to."""

    def __init__(self, engine: Engine, size: Size, people: Sequence[Person], cipher: Cipher) -> None:
        self.mix = mix(size)
        self._school = School(engine, _files(size, people, self.mix, night=0))
        self._size = size
        self._people = people
        self._nights = 0
        self._school.night()
        _give_calendars(engine, people, cipher, self._school)

    @property
    def concerned(self) -> frozenset[str]:
        """The calendars of those who take a course that changes."""
        takers = {
            row["user_email"] for row in self._school.files["enrollments"] if row["crn"] in self.mix.crns
        }
        return frozenset(person.calendar for person in self._people if person.email in takers)

    def next_night(self) -> None:
        """The courses of the mix change, and who is concerned is due; the next time they change back."""
        self._nights += 1
        self._school.files = _files(self._size, self._people, self.mix, self._nights)
        self._school.night()


def consented(home: Path, size: Size) -> list[Person]:
    """Have the calendars in the simulated Google, with their owners' consent, before it starts in `home`."""
    store, grants = Store(home / "google.db"), Grants(home / "google-identity.db")
    people = []
    for number in range(size.students):
        email = f"student{number:04}@college.example"
        calendar, twin = (f"c_{number:04}{'0' * 56}{kind:04}@group.calendar.google.com" for kind in (1, 2))
        for name in (calendar, twin):
            _add_calendar(store, name, email)
        scopes = frozenset({CALENDAR})
        people.append(
            Person(
                email,
                calendar,
                twin,
                refresh_token=grants.consent(email, scopes),
                access_token=grants.issue(Grant(email, scopes, offline=True), seconds=24 * 3600),
            )
        )
    store.close()
    grants.close()
    return people


def _add_calendar(store: Store, name: str, owner: str) -> None:
    """A calendar of the service account that its student owns too."""
    calendar = Calendar(name, SERVICE_ACCOUNT, {"summary": "Courses", "timeZone": ZONE.key})
    store.put_calendar(calendar)
    for number, person in enumerate((SERVICE_ACCOUNT, owner), 1):
        scope = {"type": "user", "value": person}
        store.put_rule(calendar, Rule(f"user:{person}", scope, "owner", number, number))


def _give_calendars(engine: Engine, people: Sequence[Person], cipher: Cipher, school: School) -> None:
    with engine.begin() as connection:
        ids: Mapping[str, int] = dict(connection.execute(select(User.email, User.id)).tuples().all())
        connection.execute(
            insert(GoogleCalendar),
            [
                {
                    "user_id": ids[person.email],
                    "google_calendar_id": person.calendar,
                    "state": "ready",
                    "summary": "Courses",
                    "zone": ZONE.key,
                    "created_at": school.now,
                }
                for person in people
            ],
        )
        connection.execute(
            insert(OAuthCredential),
            [
                {
                    "user_id": ids[person.email],
                    "provider": PROVIDER,
                    "email": person.email,
                    "refresh_token": cipher.encrypt(person.refresh_token),
                    "scopes": CALENDAR,
                    "connected_at": school.now,
                }
                for person in people
            ],
        )


def _files(size: Size, people: Sequence[Person], changing: Mix, night: int) -> Rows:
    """What the newest files say: every other night the courses of the mix are otherwise."""
    other = night % 2 == 1
    titles = {crn: "Renamed " for crn in changing.titles if other}
    dice = random.Random(1)  # noqa: S311 - seeded
    return {
        "terms": [{"uid": SPRING, "year": 2026, "season": "spring", "start_date": START, "end_date": END}],
        "courses": [
            course(
                crn,
                title=f"{titles.get(crn, '')}Topics in Computing {crn}",
                instructor_name="Grace Example" if other and crn in changing.instructors else "Ada Example",
            )
            for crn in range(size.courses)
        ],
        "meeting_times": [
            row for crn in range(size.courses) for row in _meetings(crn, changing, other=other)
        ],
        "rooms": [
            {"building": "WIL", "building_name": "Wilder Hall", "number": number, "floor": 1}
            for number in _ROOMS
        ],
        "users": [{"email": one.email, "first_name": "Sam", "last_name": "Example"} for one in people],
        "enrollments": [
            enrollment(one.email, crn) for one in people for crn in dice.sample(range(size.courses), TAKEN)
        ],
        "university_events": [event("break", "Spring Break", date(2026, 3, 9), date(2026, 3, 13))],
    }


def _meetings(crn: int, changing: Mix, *, other: bool) -> list[Row]:
    """Two meetings a week, or three."""
    begin, end = _TIMES[crn % len(_TIMES)]
    later = _LATER if other and crn in changing.times else 0
    room = crn + 1 if other and crn in changing.rooms else crn
    days = (1, 3, 5) if crn % 2 else (2, 4)
    return [meeting(crn, day, begin + later, end + later, room=_ROOMS[room % len(_ROOMS)]) for day in days]
