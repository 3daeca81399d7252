"""Users, and which courses they take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from scheduling_pipeline.courses.steps.work import Courses, Work, named
from scheduling_pipeline.database.courses import Enrollment, GoogleCalendar, User
from scheduling_pipeline.database.settle import Count, settle, settle_pairs

WITH_CALENDAR = "users with a calendar"


@dataclass(frozen=True, slots=True)
class Users:
    """The users after the files: ids of those who count as listed, by e-mail address.

    Of `held` ones the file says no more, but they stay, with all that is theirs.
    """

    ids: Mapping[str, int]
    held: frozenset[str]


def settle_users(work: Work) -> Users:
    """Add and change users. One who is not listed any more stays, with calendar and consent, but is marked.

    Whoever has a calendar is not marked until a person says so: an address that is only spelled otherwise
    looks the same, and would empty the calendar.
    """
    feed = work.feeds.users
    standing = {row["email"]: row for row in work.connection.execute(select(User.__table__)).mappings()}
    wanted = {email: {"email": email, **values} for email, values in feed.rows.items()}
    ids, count = settle(work.connection, User, standing, wanted)
    listed = {email for email, row in standing.items() if row["listed"]}
    absent = listed - feed.rows.keys() if feed.stands else set()
    owners = set(work.connection.scalars(select(GoogleCalendar.user_id)))
    with_calendar = {email for email in listed if ids[email] in owners}
    held = work.guard.hold(
        "users", {email: email for email in absent - with_calendar}, len(listed - with_calendar)
    ) | work.guard.hold_each(
        WITH_CALENDAR, {email: email for email in absent & with_calendar}, len(with_calendar)
    )
    going = absent - held
    _, left = settle(work.connection, User, standing, {email: {"listed": False} for email in going})
    work.count("users", count + Count(removed=left.changed))
    return Users({email: ids[email] for email in (listed | feed.rows.keys()) - going}, held)


def settle_enrollments(work: Work, courses: Courses, users: Users) -> None:
    """Bring enrolments to what the file says. Whoever is not listed takes none."""
    feed = work.feeds.enrollments
    wanted = set()
    for key in list(feed.rows):
        email, course = key
        if course not in courses.ids:
            work.refused.append(feed.drop(key, f"the catalogue has no course {named(course)}"))
        elif email not in users.ids:
            work.refused.append(feed.drop(key, f"the list of users has no {email}"))
        else:
            wanted.add((users.ids[email], courses.ids[course]))
    rows = work.connection.execute(select(Enrollment.user_id, Enrollment.course_id))
    standing = set(rows.tuples())
    addresses = {number: email for email, number in users.ids.items()}
    keys = {number: course for course, number in courses.ids.items()}
    stay = {pair for pair in standing if pair[0] in addresses and pair[1] in keys}
    absent = {
        (user, course)
        for user, course in (stay - wanted if feed.stands else ())
        if keys[course] not in courses.held and addresses[user] not in users.held
    }
    held = work.guard.hold(
        "enrollments",
        {
            (user, course): f"{addresses[user]} in {named(keys[course])}"
            for user, course in absent
            if courses.is_coming(keys[course])
        },
        sum(1 for _, course in stay if courses.is_coming(keys[course])),
    )
    going = absent - held
    work.count("enrollments", settle_pairs(work.connection, Enrollment, standing, wanted | (stay - going)))
