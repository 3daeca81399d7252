"""People's consent that we write to their Google calendars, as the database keeps it: encrypted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, and_, or_, select, update
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy.orm import Session

from scheduling_pipeline.cipher import Cipher, UnreadableSecretError
from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.courses import GoogleCalendar, OAuthCredential, User

PROVIDER = "google"


@dataclass(frozen=True, slots=True)
class Account:
    """A Google account of a person, and the refresh token that stands for their consent."""

    user_id: int
    email: str
    refresh_token: str = field(repr=False)
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class NoAccount:
    """Why there is no account to write with; `sign_in`: its owner has to connect it, again or for once."""

    detail: str
    sign_in: bool = True


@dataclass(frozen=True, slots=True)
class Connection:
    """A person's account beside their calendar, as far as there are such."""

    person: str
    account: str | None
    calendar: str | None  # its name
    calendar_state: str | None
    last_synced_at: datetime | None
    needs_sign_in_since: datetime | None
    problem: str | None


class UnknownUserError(Exception):
    """Nobody of that address is among the users."""


def save_credential(
    engine: Engine,
    cipher: Cipher,
    *,
    user_email: str,
    account_email: str,
    refresh_token: str,
    scopes: Collection[str],
    now: datetime,
) -> None:
    """Keep a person's consent for one of their accounts, in place of an older one for the same account.

    Who had to sign in again need not any more. Whether they are due stays as it was: what changed meanwhile
    is still marked. Raises UnknownUserError.
    """
    consent = {
        "refresh_token": cipher.encrypt(refresh_token),
        "scopes": " ".join(sorted(scopes)),
        "connected_at": now,
        "needs_sign_in_since": None,
        "problem": "",
    }
    user_id = user_id_of(engine, user_email)
    with engine.begin() as connection:
        connection.execute(
            upsert(connection, OAuthCredential)
            .values(user_id=user_id, provider=PROVIDER, email=account_email.lower(), **consent)
            .on_conflict_do_update(index_elements=["user_id", "provider", "email"], set_=consent)
        )


def user_id_of(engine: Engine, email: str) -> int:
    """The id of the person with an address. Raises UnknownUserError."""
    with engine.connect() as connection:
        found = connection.scalar(select(User.id).where(User.email == email.lower()))
    if found is None:
        raise UnknownUserError(f"{email} is not among the users; first ingest a file of users with them")
    return found


def accounts(engine: Engine, cipher: Cipher, calendars: Collection[str]) -> dict[str, Account | NoAccount]:
    """By which account each calendar is written to, or why by none. Calendars by their Google ids.

    Of several accounts of a person, those that have to be connected again are left out; then the one with the
    person's own address goes first, then the oldest.
    """
    found = _credentials(engine, calendars)
    return {calendar: _account(cipher, credentials) for calendar, credentials in found.items()}


def accounts_of(engine: Engine, cipher: Cipher, user_id: int) -> list[Account]:
    """The accounts of a person that can be used. Raises UnreadableSecretError."""
    query = (
        select(OAuthCredential)
        .where(
            OAuthCredential.user_id == user_id,
            OAuthCredential.provider == PROVIDER,
            OAuthCredential.needs_sign_in_since.is_(None),
        )
        .order_by(OAuthCredential.id)
    )
    with Session(engine) as session:
        return [_decrypted(cipher, credential) for credential in session.scalars(query)]


def mark_needs_sign_in(engine: Engine, problems: Mapping[str, str], now: datetime) -> None:
    """Note that owners of calendars (Google ids) have to sign in again, and why.

    Meant is the account that `accounts` gave for the calendar. `now` is when that was: who connected the
    account again since then is not marked.
    """
    credentials = _credentials(engine, problems)
    with engine.begin() as connection:
        for calendar, problem in problems.items():
            chosen = _chosen(credentials[calendar])
            if chosen is not None:
                _mark(connection, OAuthCredential.id == chosen.id, problem, now)


def mark_account_needs_sign_in(engine: Engine, account: Account, problem: str, now: datetime) -> None:
    """The same for one account."""
    with engine.begin() as connection:
        of_account = and_(OAuthCredential.user_id == account.user_id, OAuthCredential.email == account.email)
        _mark(connection, of_account, problem, now)


def _mark(connection: DatabaseConnection, which: ColumnElement[bool], problem: str, now: datetime) -> None:
    connection.execute(
        update(OAuthCredential)
        .where(
            which,
            OAuthCredential.provider == PROVIDER,
            OAuthCredential.connected_at <= now,
            OAuthCredential.needs_sign_in_since.is_(None),
        )
        .values(needs_sign_in_since=now, problem=problem)
    )


def needing_sign_in(engine: Engine) -> list[Connection]:
    """The accounts of people none of whose accounts can be used until they sign in again, by address."""
    everything = connections(engine)
    usable = {one.person for one in everything if one.account and not one.needs_sign_in_since}
    return [one for one in everything if one.account and one.person not in usable]


def connections(engine: Engine) -> list[Connection]:
    """Everybody who connected an account or has a calendar, by address, with each of their accounts."""
    query = (
        select(
            User.email,
            OAuthCredential.email,
            GoogleCalendar.summary,
            GoogleCalendar.state,
            User.last_calendar_sync_at,
            OAuthCredential.needs_sign_in_since,
            OAuthCredential.problem,
        )
        .outerjoin(OAuthCredential, OAuthCredential.user_id == User.id)
        .outerjoin(GoogleCalendar, GoogleCalendar.user_id == User.id)
        .where(or_(OAuthCredential.id.is_not(None), GoogleCalendar.id.is_not(None)))
        .order_by(User.email, OAuthCredential.id)
    )
    with engine.connect() as connection:
        return [Connection(*row) for row in connection.execute(query)]


def _credentials(engine: Engine, calendars: Collection[str]) -> dict[str, list[OAuthCredential]]:
    """The credentials of each calendar's owner, the first choice first."""
    own_address = OAuthCredential.email == User.email
    query = (
        select(GoogleCalendar.google_calendar_id, OAuthCredential)
        .join(User, User.id == GoogleCalendar.user_id)
        .join(OAuthCredential, OAuthCredential.user_id == User.id)
        .where(GoogleCalendar.google_calendar_id.in_(calendars), OAuthCredential.provider == PROVIDER)
        .order_by(own_address.desc(), OAuthCredential.id)
    )
    found: dict[str, list[OAuthCredential]] = {calendar: [] for calendar in calendars}
    with Session(engine) as session:
        for calendar, credential in session.execute(query):
            found[calendar].append(credential)
    return found


def _chosen(credentials: Sequence[OAuthCredential]) -> OAuthCredential | None:
    return next((one for one in credentials if one.needs_sign_in_since is None), None)


def _account(cipher: Cipher, credentials: Sequence[OAuthCredential]) -> Account | NoAccount:
    chosen = _chosen(credentials)
    if chosen is None:
        return NoAccount(
            f"{credentials[0].email} has to sign in again: {credentials[0].problem}"
            if credentials
            else "no Google account is connected"
        )
    try:
        return _decrypted(cipher, chosen)
    except UnreadableSecretError as error:
        return NoAccount(str(error), sign_in=False)


def _decrypted(cipher: Cipher, credential: OAuthCredential) -> Account:
    try:
        token = cipher.decrypt(credential.refresh_token)
    except UnreadableSecretError as error:
        raise UnreadableSecretError(
            f"the consent of {credential.email} cannot be read: {error}; check GOOGLE_TOKEN_KEY"
        ) from None
    return Account(credential.user_id, credential.email, token, frozenset(credential.scopes.split()))
