"""What concerns the whole university: holidays, study days, finals."""

from __future__ import annotations

from sqlalchemy import select

from scheduling_pipeline.courses.model import Term as TermDates
from scheduling_pipeline.courses.steps.work import Terms, Work
from scheduling_pipeline.courses.university import RawEvent, Skipped, clean
from scheduling_pipeline.courses.upsert import remove, settle
from scheduling_pipeline.database.courses import Term, UniversityEvent


def settle_university_events(work: Work, terms: Terms) -> tuple[Skipped, ...]:
    """Bring the university's events to what the file says. Returns what of it was left out."""
    feed = work.feeds.university
    if not feed.stands:
        return ()
    dates = work.connection.execute(select(Term.uid, Term.start_date, Term.end_date).order_by(Term.uid))
    cleaned = clean(list(feed.rows.values()), [TermDates(uid, start, end, None) for uid, start, end in dates])
    wanted = {event.ics_uid: _values(event, terms) for event in cleaned.events}
    query = select(UniversityEvent.__table__)
    standing = {row["ics_uid"]: row for row in work.connection.execute(query).mappings()}
    first = min((event.start_date for event in cleaned.events), default=None)
    going = [
        row["id"]
        for uid, row in standing.items()
        # A row that was refused may be about any event: then none goes.
        if uid not in wanted and not feed.unread and not work.is_history(row["start_date"], first)
    ]
    removed = remove(work.connection, UniversityEvent, going)
    _, count = settle(work.connection, UniversityEvent, standing, wanted)
    work.count("university_events", removed + count)
    return cleaned.skipped


def _values(event: RawEvent, terms: Terms) -> dict[str, object]:
    return {
        "ics_uid": event.ics_uid,
        "summary": event.summary,
        "description": event.description or None,
        "location": event.location or None,
        "start_date": event.start_date,
        "end_date": event.end_date,
        "start_time": event.start_time,
        "end_time": event.end_time,
        "category": event.category,
        "organization": event.organization or None,
        "term_id": None if event.term is None else terms.ids.get(event.term),
    }
