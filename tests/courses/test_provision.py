"""Everybody's calendar is created once, whoever is killed, slow or signed out on the way."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, update
from sqlalchemy.exc import NoResultFound

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.courses.credentials import Account, UnknownUserError, needing_sign_in
from scheduling_pipeline.courses.provision import (
    CalendarError,
    CalendarLimitError,
    CalendarSetUp,
    ConsentGoneError,
    Provided,
    mark_missing,
)
from scheduling_pipeline.database.courses import User
from tests.courses.people import ANA, CIPHER, JO, LEA, NOW, add_users, calendar_of, connect, user

OTHER = "ana.at.home@mail.example"
LATER = NOW + timedelta(days=1)


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Owner:
    """The calendars of a service account, in memory.

    `killed_after` names the step that is a process's last. Whoever looks or creates waits a moment at
    `meeting` for others, so that they would get into each other's way if they could.
    """

    calendars: dict[str, str] = field(default_factory=dict)  # id to marker
    shared: set[tuple[str, str]] = field(default_factory=set)
    lists: set[tuple[str, str]] = field(default_factory=set)
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    searches: int = 0
    limit: int = 1_000
    killed_after: str = ""
    signed_out: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)  # addresses for which something does not work
    meeting: threading.Barrier = field(default_factory=lambda: threading.Barrier(1))

    def find_calendar(self, marker: str) -> str | None:
        self.searches += 1
        found = next((id_ for id_, standing in self.calendars.items() if standing == marker), None)
        self._meet()
        return found

    def create_calendar(self, summary: str, zone: str, marker: str) -> str:
        self._meet()
        if len(self.calendars) == self.limit:
            raise CalendarLimitError("no more for now")
        if any(address in marker for address in self.failing):
            raise CalendarError("no answer")
        made = f"{summary.lower()}-{next(self.ids)}@{zone}"
        self.calendars[made] = marker
        self._done("create")
        return made

    def exists(self, calendar: str) -> bool:
        return calendar in self.calendars

    def share(self, calendar: str, emails: Collection[str]) -> None:
        self.shared |= {(calendar, email) for email in emails}
        self._done("share")

    def add_to_list(self, calendar: str, account: Account) -> None:
        assert (calendar, account.email) in self.shared
        if account.email in self.signed_out:
            raise ConsentGoneError("withdrawn")
        self.lists.add((calendar, account.email))
        self._done("list")

    def _meet(self) -> None:
        with suppress(threading.BrokenBarrierError):
            self.meeting.wait(0.3)

    def _done(self, step: str) -> None:
        if step == self.killed_after:
            raise Killed


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
def setup(engine: Engine, owner: Owner) -> CalendarSetUp:
    """Ana and Jo are connected, Lea is not; nobody has a calendar."""
    add_users(engine, ANA, JO, LEA)
    connect(engine, ANA)
    connect(engine, JO)
    return CalendarSetUp(engine, CIPHER, owner, "Courses", "America/New_York", NOW)


def test_who_is_connected_gets_a_calendar_on_their_list(setup: CalendarSetUp, owner: Owner) -> None:
    done = setup.provide(ANA)
    assert done.created
    assert done.problem == ""
    assert owner.calendars == {done.calendar: f"Courses of {ANA}"}
    assert owner.shared == owner.lists == {(done.calendar, ANA)}
    row = calendar_of(setup.engine, ANA)
    assert (row.state, row.google_calendar_id) == ("ready", done.calendar)
    assert (row.summary, row.zone, row.created_at) == ("Courses", "America/New_York", NOW)


def test_it_is_created_once(setup: CalendarSetUp, owner: Owner) -> None:
    first, second = (setup.provide(ANA) for _ in range(2))
    assert second == Provided(ANA, first.calendar)
    assert len(owner.calendars) == 1
    assert owner.searches == 0  # a listing each would be many calls


def test_everybody_connected_gets_one_and_nobody_twice(setup: CalendarSetUp, owner: Owner) -> None:
    assert [(done.person, done.created) for done in setup.provide_missing()] == [(ANA, True), (JO, True)]
    assert list(setup.provide_missing()) == []
    assert len(owner.calendars) == 2


def test_22_a_calendar_is_created_once_when_two_accounts_are_linked_at_once(
    setup: CalendarSetUp, owner: Owner
) -> None:
    owner.meeting, start = threading.Barrier(2), threading.Barrier(2)

    def link(account: str) -> Provided:
        start.wait()
        connect(setup.engine, ANA, account)
        return setup.provide(ANA)

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(link, (ANA, OTHER)))
    (calendar,) = owner.calendars
    assert [done.calendar for done in results] == [calendar, calendar]
    assert sorted(done.created for done in results) == [False, True]
    assert owner.lists == {(calendar, ANA), (calendar, OTHER)}
    assert calendar_of(setup.engine, ANA).state == "ready"


@pytest.mark.parametrize("step", ["create", "share", "list"])
def test_whoever_was_killed_on_the_way_goes_on_without_a_second_calendar(
    setup: CalendarSetUp, owner: Owner, step: str
) -> None:
    owner.killed_after = step
    with pytest.raises(Killed):
        setup.provide(ANA)
    assert calendar_of(setup.engine, ANA).state != "ready"
    owner.killed_after = ""
    done, _ = setup.provide_missing()
    assert not done.problem
    assert not done.created
    assert len([marker for marker in owner.calendars.values() if ANA in marker]) == 1
    assert (done.calendar, ANA) in owner.lists
    assert calendar_of(setup.engine, ANA).state == "ready"


def test_whoever_was_killed_before_anything_was_created_starts_anew(
    setup: CalendarSetUp, owner: Owner
) -> None:
    owner.failing = {ANA}
    assert setup.provide(ANA).problem == "no answer"
    owner.failing = set()
    assert setup.provide(ANA).created
    assert owner.searches == 1


def test_one_persons_trouble_is_theirs_alone(setup: CalendarSetUp, owner: Owner) -> None:
    owner.failing = {ANA}
    ana, jo = setup.provide_missing()
    assert (ana.person, ana.problem) == (ANA, "no answer")
    assert (jo.person, jo.problem, jo.created) == (JO, "", True)


def test_when_no_more_can_be_created_the_others_are_not_tried(setup: CalendarSetUp, owner: Owner) -> None:
    owner.limit = 0
    assert list(setup.provide_missing()) == [
        Provided(ANA, problem="no more for now"),
        Provided(JO, problem="no more for now"),
    ]
    with pytest.raises(NoResultFound):  # Jo was not begun with
        calendar_of(setup.engine, JO)


def test_who_is_not_connected_gets_none(setup: CalendarSetUp, owner: Owner) -> None:
    assert "no Google account is connected" in setup.provide(LEA).problem
    assert owner.calendars == {}


def test_who_is_no_user_gets_none(setup: CalendarSetUp) -> None:
    with pytest.raises(UnknownUserError):
        setup.provide("nobody@college.example")


def test_a_further_account_is_shared_with(setup: CalendarSetUp, owner: Owner) -> None:
    calendar = setup.provide(ANA).calendar
    connect(setup.engine, ANA, OTHER)
    assert setup.provide(ANA) == Provided(ANA, calendar)
    assert (calendar, OTHER) in owner.lists


def test_who_withdrew_their_consent_is_marked(setup: CalendarSetUp, owner: Owner) -> None:
    owner.signed_out = {ANA}
    assert setup.provide(ANA).problem == "withdrawn"
    (needing,) = needing_sign_in(setup.engine)
    assert (needing.person, needing.problem) == (ANA, "withdrawn")
    assert calendar_of(setup.engine, ANA).state == "sharing"


def test_one_account_that_is_signed_out_does_not_stop_another(setup: CalendarSetUp, owner: Owner) -> None:
    connect(setup.engine, ANA, OTHER)
    owner.signed_out = {ANA}
    done = setup.provide(ANA)
    assert not done.problem
    assert owner.lists == {(done.calendar, OTHER)}
    assert calendar_of(setup.engine, ANA).state == "ready"


def test_consents_that_cannot_be_read_are_a_problem(setup: CalendarSetUp, owner: Owner) -> None:
    other_key = replace(setup, cipher=Cipher(Fernet.generate_key().decode()))
    assert "GOOGLE_TOKEN_KEY" in other_key.provide(ANA).problem
    assert owner.calendars == {}


# Calendars that somebody deleted.


def test_a_missing_calendar_is_made_again_only_when_asked(setup: CalendarSetUp, owner: Owner) -> None:
    old = setup.provide(ANA).calendar
    assert old is not None
    owner.calendars.clear()
    mark_missing(setup.engine, [old], LATER)
    row = calendar_of(setup.engine, ANA)
    assert (row.state, row.missing_since, row.google_calendar_id) == ("missing", LATER, old)
    assert "only when asked" in setup.provide(ANA).problem
    assert ANA not in [done.person for done in setup.provide_missing()]
    assert old not in owner.calendars


def missing(setup: CalendarSetUp, person: str) -> str:
    """A person's calendar, which they cannot see any more; returns its id."""
    old = setup.provide(person).calendar
    assert old is not None
    with setup.engine.begin() as connection:
        connection.execute(update(User).values(last_calendar_sync_at=NOW))
    mark_missing(setup.engine, [old], LATER)
    return old


def test_a_new_calendar_has_never_been_synced(setup: CalendarSetUp, owner: Owner) -> None:
    old = missing(setup, ANA)
    owner.calendars.clear()
    done = replace(setup, now=LATER).provide(ANA, again=True)
    assert (done.created, done.replaced, done.problem) == (True, old, "")
    row = calendar_of(setup.engine, ANA)
    assert (row.state, row.google_calendar_id, row.missing_since) == ("ready", done.calendar, None)
    assert row.google_calendar_id != old
    assert user(setup.engine, ANA).last_calendar_sync_at is None
    assert user(setup.engine, JO).last_calendar_sync_at == NOW


def test_only_a_calendar_in_use_goes_missing(setup: CalendarSetUp, owner: Owner) -> None:
    owner.signed_out = {ANA}
    setup.provide(ANA)
    calendar = calendar_of(setup.engine, ANA).google_calendar_id
    mark_missing(setup.engine, [str(calendar)], LATER)
    assert calendar_of(setup.engine, ANA).state == "sharing"


def test_22_a_calendar_that_its_owner_only_lost_the_right_to_is_shared_again(
    setup: CalendarSetUp, owner: Owner
) -> None:
    old = missing(setup, ANA)
    owner.shared.clear()
    owner.lists.clear()
    assert setup.provide(ANA, again=True) == Provided(ANA, old)
    assert list(owner.calendars) == [old]
    assert owner.shared == owner.lists == {(old, ANA)}
    row = calendar_of(setup.engine, ANA)
    assert (row.state, row.google_calendar_id, row.missing_since) == ("ready", old, None)
    assert user(setup.engine, ANA).last_calendar_sync_at == NOW


@pytest.mark.parametrize("before", ["gone", "still in the owner's list"])
def test_22_whoever_was_killed_after_making_another_calendar_finds_that_one(
    setup: CalendarSetUp, owner: Owner, before: str
) -> None:
    old = missing(setup, ANA)
    marker = owner.calendars.pop(old)
    owner.killed_after = "create"
    with pytest.raises(Killed):
        setup.provide(ANA, again=True)
    (another,) = owner.calendars
    owner.killed_after = ""
    if before != "gone":
        owner.calendars = {old: marker, **owner.calendars}
    done = setup.provide(ANA)
    assert (done.calendar, done.created, done.problem) == (another, False, "")
    assert calendar_of(setup.engine, ANA).google_calendar_id == another


def test_22_each_calendar_that_takes_the_place_of_another_is_told_from_it(
    setup: CalendarSetUp, owner: Owner
) -> None:
    markers = set()
    for _ in range(3):
        (marker,) = owner.calendars.values() if owner.calendars else ("",)
        owner.calendars.clear()
        mark_missing(setup.engine, [str(setup.provide(ANA, again=True).calendar)], LATER)
        markers |= {marker, *owner.calendars.values()}
    assert markers == {"", f"Courses of {ANA}", f"Courses of {ANA} (2)", f"Courses of {ANA} (3)"}
