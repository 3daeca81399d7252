"""The page of one activity session, of which only the teacher is read: nothing of the students."""

from __future__ import annotations

from scheduling_pipeline.timetable.page import parse_page, refuse_login_page, text_of

_LABEL = "Teacher"


def parse_teacher(html: str) -> str | None:
    """The teacher's name in the site's spelling; None when the page has no such row, or an empty one.

    Raises LoginPageError when the site asks to log in instead, UnexpectedPageError for an empty page.
    """
    page = parse_page(html)
    for label in page.iterfind(".//td/span"):
        if text_of(label) == _LABEL:
            value = next(label.getparent().itersiblings("td"), None)  # type: ignore[union-attr]
            return None if value is None else text_of(value) or None
    refuse_login_page(page)
    return None
