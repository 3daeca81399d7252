"""Expiring leases: the lock that correctness rests on when several runs share a login or a calendar.

A lease is held for `ttl` and must be renewed. A holder that died on this machine loses it at once; one
that died elsewhere loses it when it expires. Clocks of machines that share a database must agree to within
a few seconds.
"""

from __future__ import annotations

import socket
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from sqlalchemy import Engine, delete, or_, select, update

from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.models import Lease

TTL = timedelta(seconds=60)
WAIT = timedelta(minutes=15)  # for another run
POLL_SECONDS = 0.5


class LeaseLostError(Exception):
    """Somebody else holds what we thought was ours: stop writing."""


class LeaseTimeoutError(Exception):
    """The wait for a lease took longer than allowed."""


def _machine() -> str:
    """Where process ids mean the same: containers may share a host's name but not its processes."""
    namespace = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()}/{namespace.stat().st_ino if namespace.exists() else 0}"


def _holder() -> str:
    process = psutil.Process()
    return f"{_machine()}|{process.pid}|{process.create_time()}|{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True)
class Leases:
    """The leases of one holder (a run)."""

    engine: Engine
    holder: str = field(default_factory=_holder)
    ttl: timedelta = TTL

    def try_acquire(self, names: Iterable[str]) -> set[str]:
        """Take those that are free, expired, or left by a process that died here; the names now held."""
        wanted = sorted(set(names))
        if not wanted:
            return set()
        now = datetime.now(UTC)
        with self.engine.begin() as connection:
            others = connection.execute(select(Lease.name, Lease.holder).where(Lease.name.in_(wanted))).all()
            dead = {holder for _, holder in others if _is_dead(holder)}
            mine = {"holder": self.holder, "expires_at": now + self.ttl}
            taken = (
                upsert(connection, Lease)
                .values([{"name": name, **mine} for name in wanted])
                .on_conflict_do_update(
                    index_elements=["name"],
                    set_=mine,
                    where=or_(Lease.expires_at < now, Lease.holder == self.holder, Lease.holder.in_(dead)),
                )
            )
            return set(connection.execute(taken.returning(Lease.name)).scalars())

    def renew(self, names: Iterable[str]) -> None:
        """Hold them for another `ttl`. Raises LeaseLostError when one of them is no longer ours."""
        wanted = set(names)
        now = datetime.now(UTC)
        with self.engine.begin() as connection:
            kept = connection.execute(
                update(Lease)
                .where(Lease.name.in_(wanted), Lease.holder == self.holder)
                .values(expires_at=now + self.ttl)
                .returning(Lease.name)
            ).scalars()
            lost = wanted - set(kept)
        if lost:
            raise LeaseLostError(f"no longer the holder of {', '.join(sorted(lost))}")

    def release(self, names: Iterable[str]) -> None:
        """Give them back; those that are not ours stay untouched."""
        with self.engine.begin() as connection:
            connection.execute(delete(Lease).where(Lease.name.in_(set(names)), Lease.holder == self.holder))

    @contextmanager
    def hold(self, *names: str, wait: timedelta = WAIT) -> Iterator[HeldLease]:
        """Hold all of `names`, waiting for them. Raises LeaseTimeoutError after `wait`."""
        deadline = time.monotonic() + wait.total_seconds()
        try:
            while missing := set(names) - self.try_acquire(names):
                if time.monotonic() > deadline:
                    raise LeaseTimeoutError(f"still in use by another run: {', '.join(sorted(missing))}")
                self.release(names)  # holding some while waiting for others is how two runs deadlock
                time.sleep(POLL_SECONDS)
            yield HeldLease(self, frozenset(names))
        finally:
            self.release(names)


def is_held(engine: Engine, name: str) -> bool:
    """Whether somebody who is alive, as far as can be told from here, holds a lease now."""
    with engine.connect() as connection:
        query = select(Lease.holder).where(Lease.name == name, Lease.expires_at >= datetime.now(UTC))
        holder = connection.execute(query).scalar_one_or_none()
    return holder is not None and not _is_dead(holder)


@dataclass
class HeldLease:
    """Leases that are held now; `renew` often enough, it writes only when a third of the time has passed."""

    leases: Leases
    names: frozenset[str]
    _renewed: float = field(default_factory=time.monotonic)

    def renew(self) -> None:
        if time.monotonic() - self._renewed > self.leases.ttl.total_seconds() / 3:
            self.leases.renew(self.names)
            self._renewed = time.monotonic()


def _is_dead(holder: str) -> bool:
    """True only when the holder was a process of this machine that no longer runs."""
    machine, pid, started, _ = holder.split("|")
    if machine != _machine():
        return False
    try:
        process = psutil.Process(int(pid))
        return process.status() == psutil.STATUS_ZOMBIE or abs(process.create_time() - float(started)) > 1
    except psutil.NoSuchProcess:
        return True
