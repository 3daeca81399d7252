"""What concerns the whole university: holidays, study days, finals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, select

from scheduling_pipeline.courses.model import Term as TermDates
from scheduling_pipeline.courses.steps.work import Terms, Work
from scheduling_pipeline.courses.university import RawEvent, Skipped, clean
from scheduling_pipeline.database.courses import Term, UniversityEvent
from scheduling_pipeline.database.settle import remove, settle


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
    going = _going(work, cleaned.events, standing)
    removed = remove(work.connection, UniversityEvent, sorted(standing[uid]["id"] for uid in going))
    _, count = settle(work.connection, UniversityEvent, standing, wanted)
    work.count("university_events", removed + count)
    return cleaned.skipped


def _going(work: Work, events: Sequence[RawEvent], standing: Mapping[str, RowMapping]) -> set[str]:
    """The events that the file has no more, by uid; none, if it was cut short."""
    if work.feeds.university.unread:  # a row that was refused may be about any event
        return set()
    first = min((event.start_date for event in events), default=None)
    absent = {
        uid
        for uid in standing.keys() - {event.ics_uid for event in events}
        if not work.is_history(standing[uid]["start_date"], first)
    }
    coming = {uid for uid, row in standing.items() if row["end_date"] >= work.today}
    listed = {event.ics_uid for event in events if event.end_date >= work.today}
    held = work.guard.hold(
        "university_events",
        {uid: f"{standing[uid]['summary']} from {standing[uid]['start_date']}" for uid in absent & coming},
        len(coming),
        left=len(listed | (coming - absent)),
    )
    return set() if held else absent


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
