"""Giving each person their course calendar: created once, shared with their accounts, put on their lists.

Each step is written down when it is done, so that whoever was killed in between goes on from there: a
calendar that was created but not written down is found again by the marker in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from scheduling_pipeline.cipher import Cipher, UnreadableSecretError
from scheduling_pipeline.courses.credentials import (
    Account,
    accounts_of,
    mark_account_needs_sign_in,
    user_id_of,
)
from scheduling_pipeline.courses.standing import without_calendar
from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.courses import GoogleCalendar, User
from scheduling_pipeline.database.leases import HeldLease, LeaseLostError, Leases, LeaseTimeoutError

# A step may wait a minute for Google to make a right effective.
LEASE = timedelta(minutes=5)


class CalendarError(Exception):
    """A step that could not be done for a person, and why; it can be tried again."""


class ConsentGoneError(CalendarError):
    """The owner of an account has to sign in again."""


class CalendarLimitError(CalendarError):
    """No more calendars can be created for now."""


FAULTS = (CalendarError, LeaseLostError, LeaseTimeoutError, UnreadableSecretError)


class CalendarOwner(Protocol):
    """The account that owns the course calendars. Every method raises CalendarError."""

    def find_calendar(self, marker: str) -> str | None:
        """The id of the calendar that was created with a marker."""
        ...

    def create_calendar(self, summary: str, zone: str, marker: str) -> str:
        """Create a calendar; returns its id. Raises CalendarLimitError."""
        ...

    def exists(self, calendar: str) -> bool:
        """Whether a calendar is still there, whoever may see it."""
        ...

    def share(self, calendar: str, emails: Collection[str]) -> None:
        """Give accounts every right to a calendar; those who have it keep it. No mail is sent."""
        ...

    def add_to_list(self, calendar: str, account: Account) -> None:
        """Show a calendar among those of an account. Raises ConsentGoneError."""
        ...


@dataclass(frozen=True, slots=True)
class Provided:
    """What became of a person's calendar. `replaced` is the id of the one that was missing before."""

    person: str
    calendar: str | None = None
    created: bool = False
    replaced: str | None = None
    problem: str = ""


@dataclass(frozen=True)
class CalendarSetUp:
    """Gives people their calendars. `summary`: what the calendars are called; `zone`: theirs, IANA."""

    engine: Engine
    cipher: Cipher
    owner: CalendarOwner
    summary: str
    zone: str
    now: datetime

    def provide(self, person: str, *, again: bool = False) -> Provided:
        """Give one person (an address) their calendar; share one that they have with all their accounts.

        `again`: also one that is missing. If its owner has only lost the right to it, it is shared once more;
        if it is no more, another one takes its place. Raises UnknownUserError.
        """
        user_id = user_id_of(self.engine, person)
        try:
            return self._provide(user_id, person.lower(), again=again)
        except FAULTS as fault:
            return Provided(person.lower(), problem=str(fault))

    def provide_missing(self) -> Iterator[Provided]:
        """Give everybody a calendar who connected an account and has no calendar yet, one after another.

        A person's trouble is theirs alone; but when no more calendars can be created, the others wait.
        """
        limit = ""
        for person in without_calendar(self.engine):
            if limit:
                yield Provided(person, problem=limit)
                continue
            try:
                yield self._provide(user_id_of(self.engine, person), person, again=False)
            except CalendarLimitError as fault:
                limit = str(fault)
                yield Provided(person, problem=limit)
            except FAULTS as fault:
                yield Provided(person, problem=str(fault))

    def _provide(self, user_id: int, person: str, *, again: bool) -> Provided:
        leases = Leases(self.engine, ttl=LEASE)
        with leases.hold(f"google-calendar:{user_id}", wait=LEASE) as lease:
            accounts = accounts_of(self.engine, self.cipher, user_id)
            if not accounts:
                raise CalendarError("no Google account is connected, or its owner has to sign in again")
            calendar, created, replaced = self._calendar(user_id, person, again=again)
            lease.renew()
            self.owner.share(calendar, [account.email for account in accounts])
            self._add_to_lists(calendar, accounts, lease)
            self._note(user_id, state="ready", missing_since=None)
        return Provided(person, calendar, created, replaced)

    def _calendar(self, user_id: int, person: str, *, again: bool) -> tuple[str, bool, str | None]:
        """The id of a person's calendar, whether it was created now, and the id that is no more."""
        row, began = self._begin(user_id)
        known, attempt, replaced = row.google_calendar_id, row.attempt, None
        if row.state == "missing" and not again:
            raise CalendarError("the calendar is missing; it is shared or made again only when asked for")
        if known is not None:
            # Whoever was refused as a person may have lost their right to it, and nothing else.
            if row.state != "missing" or self.owner.exists(known):
                return known, False, None
            replaced, began, attempt = known, True, attempt + 1
            self._start_over(user_id, attempt)
        # The attempt is in the marker, so that no calendar of before is taken for the one in its place.
        marker = f"{self.summary} of {person}" + (f" ({attempt})" if attempt > 1 else "")
        # Whoever began before us may have been killed after creating it.
        found = None if began else self.owner.find_calendar(marker)
        calendar = found or self.owner.create_calendar(self.summary, self.zone, marker)
        self._note(user_id, state="sharing", google_calendar_id=calendar)
        return calendar, found is None, replaced

    def _begin(self, user_id: int) -> tuple[GoogleCalendar, bool]:
        """The row of a person's calendar, and whether it was made now."""
        first = {"user_id": user_id, "state": "creating", "summary": self.summary, "zone": self.zone}
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            made = session.execute(
                upsert(session.connection(), GoogleCalendar)
                .values(**first, created_at=self.now)
                .on_conflict_do_nothing(index_elements=["user_id"])
                .returning(GoogleCalendar.id)
            ).scalar()
            row = session.scalars(select(GoogleCalendar).where(GoogleCalendar.user_id == user_id)).one()
        return row, made is not None

    def _start_over(self, user_id: int, attempt: int) -> None:
        """A new calendar in place of one that is no more: nothing of it is known."""
        self._note(
            user_id,
            state="creating",
            attempt=attempt,
            google_calendar_id=None,
            summary=self.summary,
            zone=self.zone,
            sync_token=None,
            created_at=self.now,
            missing_since=None,
        )
        with self.engine.begin() as connection:
            connection.execute(update(User).where(User.id == user_id).values(last_calendar_sync_at=None))

    def _add_to_lists(self, calendar: str, accounts: Sequence[Account], lease: HeldLease) -> None:
        """Show the calendar in each account; one that has to be connected again does not stop the others."""
        gone: ConsentGoneError | None = None
        shown = 0
        for account in accounts:
            try:
                self.owner.add_to_list(calendar, account)
                shown += 1
            except ConsentGoneError as fault:
                mark_account_needs_sign_in(self.engine, account, str(fault), self.now)
                gone = fault
            lease.renew()
        if gone is not None and not shown:
            raise gone

    def _note(self, user_id: int, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                update(GoogleCalendar).where(GoogleCalendar.user_id == user_id).values(**values)
            )


def mark_missing(engine: Engine, calendars: Collection[str], now: datetime) -> None:
    """Note that calendars (Google ids) are not there any more; they are not written to until made again."""
    with engine.begin() as connection:
        connection.execute(
            update(GoogleCalendar)
            .where(GoogleCalendar.google_calendar_id.in_(calendars), GoogleCalendar.state == "ready")
            .values(state="missing", missing_since=now)
        )
