"""Proof that a change was asked for on one of the desk's own pages: a token in each form, or in a header."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from fastapi import Request

from scheduling_pipeline.desk.problems import Problem

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def check_token(request: Request, expected: str) -> None:
    """Raises Problem (403) unless the request carries the session's token."""
    given = request.headers.get(HEADER, "")
    if not given and request.headers.get("content-type", "").startswith(FORMS):
        field = (await request.form()).get(FIELD)
        given = field if isinstance(field, str) else ""
    if not hmac.compare_digest(given.encode(errors="replace"), expected.encode()):
        raise Problem(403, "CSRF", "This page is out of date. Load it again, and then repeat what you did.")


def check_origin(request: Request, own: str) -> None:
    """Raises Problem (403) for a form that another site has sent. For sign-in: there is no session yet."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc not in {
        request.headers.get("host"),
        urlsplit(own).netloc,
    }:
        raise Problem(403, "CSRF", "Please sign in on the desk's own page.")
