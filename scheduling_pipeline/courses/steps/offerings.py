"""Terms, and the courses that are offered in them."""

from __future__ import annotations

from sqlalchemy import select

from scheduling_pipeline.courses.steps.work import Courses, Terms, Work, named
from scheduling_pipeline.database.courses import Course, FinalExam, Term
from scheduling_pipeline.database.settle import remove, settle


def settle_terms(work: Work) -> Terms:
    """Add and change terms; those that nobody lists any more go last, when nothing is left in them."""
    feed = work.feeds.terms
    standing = {row["uid"]: row for row in work.connection.execute(select(Term.__table__)).mappings()}
    wanted = {uid: {"uid": uid, **values} for uid, values in feed.rows.items()}
    ids, count = settle(work.connection, Term, standing, wanted)
    work.count("terms", count)
    ends = {uid: row["end_date"] for uid, row in (standing | wanted).items()}
    return Terms(ids, ends)


def settle_courses(work: Work, terms: Terms) -> Courses:
    """Add and change courses, and find out which ones go."""
    feed = work.feeds.courses
    for key in [key for key in feed.rows if key[0] not in terms.ids]:
        work.refused.append(feed.drop(key, f"the list of terms has no term {key[0]}"))
    query = select(Course.__table__, Term.uid).join(Term, Term.id == Course.term_id)
    standing = {(row["uid"], row["crn"]): row for row in work.connection.execute(query).mappings()}
    ids, count = settle(
        work.connection,
        Course,
        standing,
        {
            (term, crn): {"term_id": terms.ids[term], "crn": crn, **values}
            for (term, crn), values in feed.rows.items()
        },
    )
    work.count("courses", count)
    coming = frozenset(uid for uid, end in terms.ends.items() if end >= work.today)
    absent = standing.keys() - feed.rows.keys() - feed.unread if feed.stands else set()
    held = work.guard.hold(
        "courses",
        {key: f"{named(key)} {standing[key]['title']}" for key in absent if key[0] in coming},
        sum(1 for term, _ in standing if term in coming),
    )
    going = absent - held
    return Courses(
        ids={key: number for key, number in ids.items() if key not in going},
        going={key: ids[key] for key in going},
        held=held,
        coming=coming,
    )


def drop_courses(work: Work, courses: Courses) -> None:
    """Remove the courses that go, when nothing is left of them elsewhere."""
    work.count("courses", remove(work.connection, Course, sorted(courses.going.values())))


def drop_terms(work: Work, terms: Terms) -> None:
    """Remove the terms that are not listed any more and have neither courses nor exams."""
    feed = work.feeds.terms
    if not feed.stands:
        return
    used = set(work.connection.scalars(select(Course.term_id).union(select(FinalExam.term_id))))
    unlisted = terms.ids.keys() - feed.rows.keys() - feed.unread
    going = sorted({terms.ids[uid] for uid in unlisted} - used)
    work.count("terms", remove(work.connection, Term, going))
