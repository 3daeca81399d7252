"""The people who may sign in to the desk, and their passwords."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Connection, Engine, RowMapping, insert, select, update

from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.desk import audit, sessions
from scheduling_pipeline.desk.roles import Role

SHORTEST = 12
LONGEST = 200  # hashing takes time: nobody may have us hash a book
_hasher = PasswordHasher()
_nobody = _hasher.hash(
    "nobody has this password"
)  # so that an unknown name takes as long as a wrong password


class UserError(ValueError):
    """A user cannot be made or changed so; the message says why."""


@dataclass(frozen=True, slots=True)
class User:
    id: int
    name: str
    role: Role
    is_active: bool
    created_at: datetime


def users(engine: Engine) -> list[User]:
    """Everybody, by name."""
    with engine.connect() as connection:
        rows = connection.execute(select(DeskUser.__table__).order_by(DeskUser.name)).mappings()
        return [_user(row) for row in rows]


def user_named(engine: Engine, name: str) -> User:
    """Raises UserError when there is none."""
    with engine.connect() as connection:
        row = _row_named(connection, name)
    if row is None:
        raise UserError(f"there is no user {name.strip()!r}")
    return _user(row)


def add_user(engine: Engine, name: str, role: Role, password: str, *, who: str, now: datetime) -> None:
    """Raises UserError for a name that is taken or empty, or a password that is too short."""
    name = name.strip()
    if not 1 <= len(name) <= 100 or not name.isprintable():  # noqa: PLR2004 - said in the message
        raise UserError("a user needs a name of at most 100 characters")
    hashed = _hashed(password)
    with engine.begin() as connection:
        if _row_named(connection, name):
            raise UserError(f"there is a user {name!r} already")
        connection.execute(
            insert(DeskUser).values(
                name=name, role=role, password_hash=hashed, is_active=True, created_at=now
            )
        )
        audit.record(connection, who, "user.add", f"user {name}", after={"role": role}, at=now)


def change_user(
    engine: Engine, user_id: int, *, role: Role, is_active: bool, who: str, now: datetime
) -> None:
    """Give somebody another role, or let them in no more or again; both end their sessions.

    Raises UserError for an unknown user, and where no active admin would be left.
    """
    with engine.begin() as connection:
        row = connection.execute(
            select(DeskUser.name, DeskUser.role, DeskUser.is_active)
            .where(DeskUser.id == user_id)
            .with_for_update()
        ).one_or_none()
        if row is None:
            raise UserError("there is no such user")
        stays_admin = role is Role.ADMIN and is_active
        if row.role == Role.ADMIN and row.is_active and not stays_admin:
            _require_another_admin(connection, user_id)
        connection.execute(
            update(DeskUser).where(DeskUser.id == user_id).values(role=role, is_active=is_active)
        )
        sessions.end_all_of(connection, user_id)
        audit.record(
            connection,
            who,
            "user.change",
            f"user {row.name}",
            before={"role": row.role, "may sign in": row.is_active},
            after={"role": role, "may sign in": is_active},
            at=now,
        )


def set_password(engine: Engine, user_id: int, password: str, *, who: str, now: datetime) -> None:
    """Give somebody another password, which ends their sessions. Raises UserError."""
    hashed = _hashed(password)
    with engine.begin() as connection:
        changed = update(DeskUser).where(DeskUser.id == user_id).values(password_hash=hashed)
        name = connection.execute(changed.returning(DeskUser.name)).scalar_one_or_none()
        if name is None:
            raise UserError("there is no such user")
        sessions.end_all_of(connection, user_id)
        audit.record(connection, who, "user.password", f"user {name}", at=now)


def check_password(engine: Engine, name: str, password: str) -> User | None:
    """Who that is; None when name or password is wrong or they may not sign in.

    Takes the same time in any case.
    """
    with engine.connect() as connection:
        row = _row_named(connection, name)
    try:
        _hasher.verify(row["password_hash"] if row else _nobody, password[:LONGEST])
    except VerificationError:
        return None
    if row is None or not row["is_active"]:
        return None
    if _hasher.check_needs_rehash(row["password_hash"]):
        with engine.begin() as connection:
            rehashed = _hasher.hash(password[:LONGEST])
            connection.execute(
                update(DeskUser).where(DeskUser.id == row["id"]).values(password_hash=rehashed)
            )
    return _user(row)


def _row_named(connection: Connection, name: str) -> RowMapping | None:
    """Names differ by more than case; compared here, as databases disagree on the case of accents."""
    wanted = name.strip().casefold()
    rows = connection.execute(select(DeskUser.__table__)).mappings()
    return next((row for row in rows if row["name"].casefold() == wanted), None)


def _user(row: RowMapping) -> User:
    return User(row["id"], row["name"], Role(row["role"]), row["is_active"], row["created_at"])


def _hashed(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise UserError(f"a password has {SHORTEST} to {LONGEST} characters")
    return _hasher.hash(password)


def _require_another_admin(connection: Connection, user_id: int) -> None:
    others = select(DeskUser.id).where(
        DeskUser.role == Role.ADMIN, DeskUser.is_active, DeskUser.id != user_id
    )
    if not connection.execute(others.with_for_update()).all():
        raise UserError("the last admin cannot be taken away: make somebody else an admin first")
