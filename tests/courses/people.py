"""Users and their accounts, for tests of credentials and calendars. All names are invented."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography.fernet import Fernet
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.courses.credentials import save_credential
from scheduling_pipeline.database.courses import GoogleCalendar, User

NOW = datetime(2026, 9, 1, 7, 30, tzinfo=UTC)
KEY = Fernet.generate_key().decode()
CIPHER = Cipher(KEY)
SCOPES = {"https://www.googleapis.com/auth/calendar"}
ANA, JO, LEA = (f"{name}@college.example" for name in ("ana", "jo", "lea"))


def add_users(engine: Engine, *emails: str) -> None:
    """Users with nothing but an address."""
    with Session(engine) as session, session.begin():
        session.add_all(User(email=email) for email in emails)


def connect(engine: Engine, person: str, account: str | None = None, now: datetime = NOW) -> None:
    """A consent for a person's account. Its refresh token tells whose it is."""
    account = account or person
    save_credential(
        engine,
        CIPHER,
        user_email=person,
        account_email=account,
        refresh_token=f"token of {account}",
        scopes=SCOPES,
        now=now,
    )


def give_calendar(engine: Engine, person: str, calendar: str, state: str = "ready") -> None:
    """A row for a calendar that a person has."""
    with Session(engine) as session, session.begin():
        user = session.scalars(select(User).where(User.email == person)).one()
        session.add(
            GoogleCalendar(
                user_id=user.id,
                google_calendar_id=calendar,
                state=state,
                summary="Courses",
                zone="America/New_York",
                created_at=NOW,
            )
        )


def calendar_of(engine: Engine, person: str) -> GoogleCalendar:
    """The row of a person's calendar."""
    with Session(engine) as session:
        return session.scalars(
            select(GoogleCalendar).join(User, User.id == GoogleCalendar.user_id).where(User.email == person)
        ).one()


def user(engine: Engine, person: str) -> User:
    """The row of a person."""
    with Session(engine) as session:
        return session.scalars(select(User).where(User.email == person)).one()
