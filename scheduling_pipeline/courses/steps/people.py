"""Users, and which courses they take."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from scheduling_pipeline.courses.steps.work import Courses, Work, named
from scheduling_pipeline.courses.upsert import Count, settle, settle_pairs
from scheduling_pipeline.database.courses import Enrollment, User


def settle_users(work: Work) -> Mapping[str, int]:
    """Add and change users. One who is not listed any more stays, with calendar and consent, but is marked.

    Returns the ids of those who are listed, by e-mail address.
    """
    feed = work.feeds.users
    standing = {row["email"]: row for row in work.connection.execute(select(User.__table__)).mappings()}
    wanted = {email: {"email": email, **values} for email, values in feed.rows.items()}
    ids, count = settle(work.connection, User, standing, wanted)
    listed = {email for email, row in standing.items() if row["listed"]}
    absent = listed - feed.rows.keys() if feed.stands else set()
    held = work.guard.hold("users", {email: email for email in absent}, len(listed))
    going = absent - held
    _, left = settle(work.connection, User, standing, {email: {"listed": False} for email in going})
    work.count("users", count + Count(removed=left.changed))
    return {email: ids[email] for email in (listed | feed.rows.keys()) - going}


def settle_enrollments(work: Work, courses: Courses, users: Mapping[str, int]) -> None:
    """Bring enrolments to what the file says. Whoever is not listed takes none."""
    feed = work.feeds.enrollments
    wanted = set()
    for key in list(feed.rows):
        email, course = key
        if course not in courses.ids:
            work.refused.append(feed.drop(key, f"the catalogue has no course {named(course)}"))
        elif email not in users:
            work.refused.append(feed.drop(key, f"the list of users has no {email}"))
        else:
            wanted.add((users[email], courses.ids[course]))
    rows = work.connection.execute(select(Enrollment.user_id, Enrollment.course_id))
    standing = set(rows.tuples())
    addresses = {number: email for email, number in users.items()}
    keys = {number: course for course, number in courses.ids.items()}
    stay = {pair for pair in standing if pair[0] in addresses and pair[1] in keys}
    absent = {pair for pair in stay - wanted if keys[pair[1]] not in courses.held} if feed.stands else set()
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
