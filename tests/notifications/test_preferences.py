"""What an owner wants to hear of, and when a digest is due."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.notifications.preferences import Preferences
from scheduling_pipeline.notifications.told import KINDS, Told
from tests.notifications.owners import ADDED, MOVED, REMOVED

EVERYTHING = [ADDED, MOVED, REMOVED]
SWAPPED = Told(
    "swapped", "1", "#1", "Gary, IN", 2, other_order="2", other_store="#2", other_place="Flint, MI"
)


@pytest.mark.parametrize(
    ("preferences", "wanted"),
    [
        (Preferences(), EVERYTHING),
        (Preferences(kinds=frozenset({"moved"})), [MOVED]),
        (Preferences(stores=frozenset({"#77"})), [REMOVED]),
        (Preferences(places=frozenset({"Springfield, IL"})), [ADDED, MOVED]),
        (Preferences(kinds=frozenset({"added"}), stores=frozenset({"#77"})), []),
    ],
)
def test_only_what_is_wanted_is_told(preferences: Preferences, wanted: list[Told]) -> None:
    assert preferences.wanted(EVERYTHING) == wanted


@pytest.mark.parametrize(
    "preferences",
    [
        Preferences(stores=frozenset({"#1"})),
        Preferences(stores=frozenset({"#2"})),
        Preferences(places=frozenset({"Gary, IN"})),
        Preferences(places=frozenset({"Flint, MI"})),
    ],
)
def test_a_swap_concerns_both_orders(preferences: Preferences) -> None:
    assert preferences.wanted([SWAPPED]) == [SWAPPED]


def test_what_was_noted_without_the_other_place_can_be_read() -> None:
    noted = {name: value for name, value in SWAPPED.as_json().items() if name != "other_place"}
    assert Told.from_json(noted).other_place is None


def test_what_is_completed_is_told_only_to_those_who_ask_for_it() -> None:
    done = Told("completed", "1", "#1", "Gary, IN", 2)
    assert Preferences().wanted([done]) == []
    assert Preferences(kinds=frozenset(KINDS)).wanted([done]) == [done]


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-04T16:59", "2026-03-03T17:00"),
        ("2026-03-04T17:00", "2026-03-04T17:00"),
        ("2026-03-28T18:00", "2026-03-28T17:00"),  # New York: 13:00 in summer time is 17:00 UTC
    ],
)
def test_a_digest_is_due_at_the_chosen_time_of_the_owners_zone(now: str, until: str) -> None:
    at = time(12) if now < "2026-03-08" else time(13)
    preferences = Preferences(digest_at=at, zone=ZoneInfo("America/New_York"))
    assert preferences.digest_until(_utc(now)) == _utc(until)


def test_without_a_time_everything_is_due() -> None:
    assert Preferences().digest_until(_utc("2026-03-04T12:00")) == _utc("2026-03-04T12:00")


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - given a zone
    st.times(),
    st.sampled_from(["Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_there_is_one_digest_a_day(now: datetime, at: time, zone: str) -> None:
    """Whatever the zone and its changes of clock: what is due last is never ahead, nor older than a day."""
    until = Preferences(digest_at=at, zone=ZoneInfo(zone)).digest_until(now)
    assert timedelta(0) <= now - until < timedelta(hours=25)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
