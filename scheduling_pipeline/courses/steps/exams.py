"""Final exams, which may be known before their course is."""

from __future__ import annotations

from sqlalchemy import select

from scheduling_pipeline.courses.steps.work import Courses, Terms, Work
from scheduling_pipeline.courses.upsert import remove, settle
from scheduling_pipeline.database.courses import FinalExam, Term


def settle_exams(work: Work, terms: Terms, courses: Courses) -> None:
    """Bring exams to what the file says, and link them to the courses that there are now."""
    feed = work.feeds.exams
    for key in [key for key in feed.rows if key[0] not in terms.ids]:
        work.refused.append(feed.drop(key, f"the list of terms has no term {key[0]}"))
    query = select(FinalExam.__table__, Term.uid).join(Term, Term.id == FinalExam.term_id)
    standing = {(row["uid"], row["crn"]): row for row in work.connection.execute(query).mappings()}
    first = min((values["exam_date"] for values in feed.rows.values()), default=None)
    absent = standing.keys() - feed.rows.keys() - feed.unread if feed.stands else set()
    going = {
        key
        for key in absent - courses.held
        if key not in courses.ids or not work.is_history(standing[key]["exam_date"], first)
    }
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
