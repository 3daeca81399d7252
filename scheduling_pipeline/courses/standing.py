"""How it stands with people's calendars: what changed since, and what is missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Engine, func, or_, select, update

from scheduling_pipeline.courses.credentials import PROVIDER
from scheduling_pipeline.database.courses import GoogleCalendar, OAuthCredential, User
from scheduling_pipeline.digest import digest


def generations(engine: Engine, users: Collection[int]) -> dict[int, int]:
    """The generation of changes that each user is at now."""
    query = select(User.id, User.change_generation).where(User.id.in_(users))
    with engine.connect() as connection:
        return dict(connection.execute(query).tuples().all())


def missing_calendars(engine: Engine) -> list[tuple[str, datetime]]:
    """Whose calendar is not there any more, by address, and since when."""
    query = (
        select(User.email, GoogleCalendar.missing_since)
        .join(User, User.id == GoogleCalendar.user_id)
        .where(GoogleCalendar.state == "missing", GoogleCalendar.missing_since.is_not(None))
        .order_by(User.email)
    )
    with engine.connect() as connection:
        return [(email, since) for email, since in connection.execute(query) if since is not None]


def ready_calendars(engine: Engine, emails: Collection[str] | None = None) -> dict[str, str]:
    """The address of the owner of each calendar that can be written to; only of some people, if asked."""
    query = (
        select(GoogleCalendar.google_calendar_id, User.email)
        .join(User, User.id == GoogleCalendar.user_id)
        .where(GoogleCalendar.state == "ready", GoogleCalendar.google_calendar_id.is_not(None))
        .order_by(User.email)
    )
    if emails:
        query = query.where(User.email.in_([email.strip().lower() for email in emails]))
    with engine.connect() as connection:
        return {calendar: email for calendar, email in connection.execute(query) if calendar}


def catalogue_version(engine: Engine) -> str:
    """Changes when something changes that calendars are made of."""
    query = select(func.count(User.id), func.sum(User.change_generation))
    with engine.connect() as connection:
        return digest(list(connection.execute(query).one()))


def sync_tokens(engine: Engine, calendars: Collection[str]) -> dict[str, str]:
    """Since when changes are known, of calendars (Google ids) that were listed before."""
    query = select(GoogleCalendar.google_calendar_id, GoogleCalendar.sync_token).where(
        GoogleCalendar.google_calendar_id.in_(calendars)
    )
    with engine.connect() as connection:
        return {calendar: token for calendar, token in connection.execute(query) if calendar and token}


def save_sync_tokens(engine: Engine, tokens: Mapping[str, str]) -> None:
    """From now on changes since these tokens are asked for."""
    with engine.begin() as connection:
        for calendar, token in tokens.items():
            connection.execute(
                update(GoogleCalendar)
                .where(GoogleCalendar.google_calendar_id == calendar)
                .values(sync_token=token)
            )


def make_due(engine: Engine, calendars: Collection[str]) -> None:
    """Let the next sync look after the owners of these calendars."""
    owners = select(GoogleCalendar.user_id).where(GoogleCalendar.google_calendar_id.in_(calendars))
    with engine.begin() as connection:
        connection.execute(
            update(User).where(User.id.in_(owners)).values(change_generation=User.change_generation + 1)
        )


def without_calendar(engine: Engine) -> list[str]:
    """The addresses of people who connected an account and have no calendar yet."""
    query = (
        select(User.email)
        .outerjoin(GoogleCalendar, GoogleCalendar.user_id == User.id)
        .where(
            User.id.in_(select(OAuthCredential.user_id).where(OAuthCredential.provider == PROVIDER)),
            or_(GoogleCalendar.id.is_(None), GoogleCalendar.state.in_(("creating", "sharing"))),
        )
        .order_by(User.email)
    )
    with engine.connect() as connection:
        return list(connection.scalars(query))
