"""Final exams, which may be known before their course is."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import RowMapping, select

from scheduling_pipeline.courses.feeds import CourseKey
from scheduling_pipeline.courses.steps.work import Courses, Terms, Work, named
from scheduling_pipeline.database.courses import FinalExam, Term
from scheduling_pipeline.database.settle import remove, settle


def settle_exams(work: Work, terms: Terms, courses: Courses) -> None:
    """Bring exams to what the file says, and link them to the courses that there are now."""
    feed = work.feeds.exams
    for key in [key for key in feed.rows if key[0] not in terms.ids]:
        work.refused.append(feed.drop(key, f"the list of terms has no term {key[0]}"))
    query = select(FinalExam.__table__, Term.uid).join(Term, Term.id == FinalExam.term_id)
    standing = {(row["uid"], row["crn"]): row for row in work.connection.execute(query).mappings()}
    going = _going(work, courses, standing)
    removed = remove(work.connection, FinalExam, sorted(standing[key]["id"] for key in going))
    _, count = settle(
        work.connection,
        FinalExam,
        standing,
        {
            (term, crn): {
                "term_id": terms.ids[term],
                "crn": crn,
                "course_id": courses.ids.get((term, crn)),
                **values,
            }
            for (term, crn), values in feed.rows.items()
        },
    )
    others = standing.keys() - feed.rows.keys() - going
    links = {key: {"course_id": courses.ids.get(key)} for key in others}
    _, linked = settle(work.connection, FinalExam, standing, links)
    work.count("final_exams", removed + count + linked)


def _going(work: Work, courses: Courses, standing: Mapping[CourseKey, RowMapping]) -> set[CourseKey]:
    """The exams that the file has no more; of a file that was cut short, those of courses that go too."""
    feed = work.feeds.exams
    if not feed.stands:
        return set()
    first = min((values["exam_date"] for values in feed.rows.values()), default=None)
    absent = standing.keys() - feed.rows.keys() - feed.unread - courses.held
    with_course = absent & courses.going.keys()
    absent = {
        key
        for key in absent - with_course
        if key not in courses.ids or not work.is_history(standing[key]["exam_date"], first)
    }
    coming = {key for key, row in standing.items() if row["exam_date"] >= work.today} - with_course
    listed = {key for key, values in feed.rows.items() if values["exam_date"] >= work.today}
    held = work.guard.hold(
        "final_exams",
        {key: f"{named(key)} on {standing[key]['exam_date']}" for key in absent & coming},
        len(coming),
        left=len(listed | (coming - absent)),
    )
    return with_course | (set() if held else absent)
