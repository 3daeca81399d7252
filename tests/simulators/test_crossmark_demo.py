"""The demo's store: believable, the same for the same seed and time, and moving with the clock."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.crossmark import Mplan
from scheduling_pipeline.simulators.crossmark.demo import DemoStore
from scheduling_pipeline.simulators.crossmark.model import ZONE, Condition
from tests.simulators.planner_client import PlannerSite, Visitor, search, served

SEEDS = range(1, 7)
DAY = timedelta(days=1)
TODAY = DEMO_START.astimezone(ZONE).date()
SUFFIX = {
    "core": "V2-CORE",
    "supervisor": "V2-Supervisor|V2-SUPER|SUPERVISO",
    "digital": r"\d\d\.\d\d Digital (Setup|Refresh|Teardown)",
    "freeosk": r"V2 - Freeosk|V2\.1 Freeosk Troubleshooting",
    "juicer": r"ES1|V2\.7 Juicer Production Survey",
    "other": "Vendor Performed",
}
NAME = re.compile(r"(?P<what>.+) \((?P<number>\d{12})\)  - (?P<suffix>.+)")


@cache
def store(seed: int = 1) -> DemoStore:
    return DemoStore(seed)


def shown(seed: int = 1, after: timedelta = timedelta()) -> Sequence[Mplan]:
    return store(seed).mplans(DEMO_START + after)


def a_year(seed: int = 1) -> list[Mplan]:
    """Everything that the store ever had within a year."""
    found = {event.id: event for month in range(12) for event in shown(seed, month * 30 * DAY)}
    return list(found.values())


def kind(event: Mplan) -> str:
    match = NAME.fullmatch(event.name)
    assert match, event.name
    return next(name for name, suffix in SUFFIX.items() if re.fullmatch(suffix, match["suffix"]))


def number(event: Mplan) -> str:
    return event.name[:6]


class TestEvents:
    def test_the_same_seed_gives_the_same_events(self) -> None:
        assert DemoStore(1).mplans(DEMO_START) == shown(1)
        assert shown(1) != shown(2)

    def test_the_way_to_an_instant_does_not_matter(self) -> None:
        wandering = DemoStore(1)
        for days in (0, 100, 3, 50):
            wandering.mplans(DEMO_START + days * DAY)
        assert wandering.mplans(DEMO_START + 20 * DAY) == shown(1, 20 * DAY)

    def test_ids_have_eight_digits_and_rise_with_time(self) -> None:
        events = shown()
        ids = [event.id for event in events]
        assert ids == sorted(set(ids))
        assert all(10**7 <= each < 10**8 for each in ids)
        assert all(later.start > earlier.start - 16 * DAY for earlier, later in pairwise(events))

    def test_names_have_a_number_of_twelve_digits_and_two_blanks(self) -> None:
        for event in a_year():
            match = NAME.fullmatch(event.name)
            assert match, event.name
            assert datetime.strptime(match["number"][:6], "%y%m%d").replace(tzinfo=ZONE)
            if kind(event) in {"core", "supervisor", "other"}:
                assert re.match(r"\d{6}-", event.name)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_the_mix_is_that_of_a_store(self, seed: int) -> None:
        events = a_year(seed)
        share = {name: count / len(events) for name, count in Counter(map(kind, events)).items()}
        assert set(share) == set(SUFFIX)
        assert 0.15 < share["core"] < 0.3
        assert share["core"] < share["supervisor"] < share["core"] + 0.05
        assert 0.15 < share["digital"] < 0.3
        assert 0.15 < share["juicer"] < 0.3
        assert 0.08 < share["freeosk"] < 0.18
        assert 0.01 < share["other"] < 0.06

    @pytest.mark.parametrize("seed", SEEDS)
    def test_one_name_in_fifty_is_cut_short(self, seed: int) -> None:
        events = a_year(seed)
        cut = sum(event.name.endswith(("V2-SUPER", "SUPERVISO")) for event in events)
        assert 0.01 < cut / len(events) < 0.035

    @pytest.mark.parametrize("seed", SEEDS)
    def test_every_core_event_has_a_partner_and_some_supervisor_events_have_none(self, seed: int) -> None:
        cores = {number(event): event for event in a_year(seed) if kind(event) == "core"}
        partners = {number(event): event for event in a_year(seed) if kind(event) == "supervisor"}
        assert set(cores) < set(partners)
        assert 0.02 < 1 - len(cores) / len(partners) < 0.12
        for each, core in cores.items():
            assert (core.start, core.due) == (partners[each].start, partners[each].due)
            assert core.condition == partners[each].condition

    @pytest.mark.parametrize("seed", SEEDS)
    def test_windows(self, seed: int) -> None:
        windows: defaultdict[str, list[int]] = defaultdict(list)
        for event in a_year(seed):
            windows[kind(event)].append((event.due - event.start).days)
        usual = [days for days in windows["core"] if days in {8, 13, 14}]
        assert 0.55 < len(usual) / len(windows["core"]) < 0.9
        assert set(windows["core"]) <= set(range(1, 15))
        assert set(windows["freeosk"]) == set(windows["other"]) == {1}
        assert set(windows["digital"]) <= set(range(1, 8))
        assert set(windows["juicer"]) <= set(range(1, 8))

    def test_a_week_has_freeosk_and_survey_daily_and_production_on_most_days(self) -> None:
        week = [event for event in shown() if TODAY <= event.start < TODAY + 7 * DAY]
        assert Counter(event.start for event in week if kind(event) == "freeosk") == Counter(
            TODAY + n * DAY for n in range(7)
        )
        assert len({event.start for event in week if "Survey" in event.name}) == 7
        assert 5 <= len({event.start for event in week if "PRODUCTION-SPCLTY" in event.name}) <= 7


class TestPeople:
    def test_thirteen_at_the_store_and_six_guests(self) -> None:
        reps = store().reps
        local = [rep for rep in reps if rep.local]
        assert Counter(rep.role for rep in local) == {
            "Club Supervisor": 1,
            "Lead Event Specialist": 3,
            "Event Specialist": 5,
            None: 2,
            "Juicer Barista": 2,
        }
        assert len(reps) == 19
        assert Counter(rep.zone for rep in reps) == {
            "America/Indiana/Indianapolis": 14,
            "America/Chicago": 4,
            "America/New_York": 1,
        }

    def test_their_numbers_are_of_two_kinds(self) -> None:
        reps = store().reps
        assert len({rep.id for rep in reps}) == len({rep.number for rep in reps}) == len(reps)
        assert {len(str(rep.id)) for rep in reps} == {5, 6}
        assert all(re.fullmatch(r"US\d{6}", rep.number) for rep in reps)


class TestWhatWasPlannedByHand:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_the_size_is_that_of_a_real_store(self, seed: int) -> None:
        listed = [event for event in shown(seed) if event.due > TODAY - 30 * DAY]
        assert 420 < len(listed) < 540
        open_ones = [
            event for event in listed if not event.visit and event.due > TODAY and event.condition is None
        ]
        assert 60 <= len(open_ones) <= 115

    def test_the_demo_itself_has_sixty_to_ninety_open(self) -> None:
        open_ones = [
            event for event in shown() if not event.visit and event.due > TODAY and event.condition is None
        ]
        assert 60 <= len(open_ones) <= 90

    @pytest.mark.parametrize("seed", SEEDS)
    def test_it_obeys_the_rules_of_the_house(self, seed: int) -> None:
        """One Core event a day and person, none for who juices or is Club Supervisor, all inside windows."""
        roles = {rep.id: rep.role for rep in store(seed).reps}
        cores: Counter[tuple[int, date]] = Counter()
        juicing: set[tuple[int, date]] = set()
        day_of: dict[str, date] = {}
        events = [event for event in shown(seed) if event.visit]
        for event in events:
            assert event.visit
            who, day = event.visit.rep, event.visit.start.astimezone(ZONE).date()
            assert event.start <= day < event.due
            if kind(event) == "core":
                assert roles[who] != "Club Supervisor"
                cores[who, day] += 1
                day_of[number(event)] = day
            elif kind(event) == "juicer":
                assert roles[who] == "Juicer Barista"
                juicing.add((who, day))
            elif kind(event) in {"digital", "freeosk"}:
                assert roles[who] == "Lead Event Specialist"
        assert set(cores.values()) == {1}
        assert not juicing & set(cores)
        for event in events:
            if kind(event) == "supervisor":
                assert event.visit
                assert event.visit.start.astimezone(ZONE).date() == day_of[number(event)]

    @pytest.mark.parametrize("seed", SEEDS)
    def test_one_saturday_has_more_core_events_than_people(self, seed: int) -> None:
        saturday = TODAY + 12 * DAY
        today_only = [
            event for event in shown(seed) if kind(event) == "core" and event.due == event.start + DAY
        ]
        waiting = [event for event in today_only if event.start == saturday and not event.visit]
        holders = {
            event.visit.rep
            for event in shown(seed)
            if event.visit and kind(event) == "core" and event.visit.start.astimezone(ZONE).date() == saturday
        }
        able = [rep for rep in store(seed).reps if rep.local and rep.role != "Club Supervisor"]
        assert len(waiting) >= 4
        assert len(holders) + len(waiting) > len(able) - 1  # one of them juices

    def test_some_things_stand_oddly(self) -> None:
        odd = {event.condition: event for event in shown() if event.condition}
        assert set(odd) == {Condition.CANCELED, Condition.UNSTAFFED, Condition.PAUSED, Condition.STAFFED}
        assert odd[Condition.UNSTAFFED].visit
        assert odd[Condition.STAFFED].visit is None
        assert odd[Condition.STAFFED].staffed_by


class TestAsTheClockGoesOn:
    def test_sixty_days_before_and_after_are_there_at_any_time(self) -> None:
        for weeks in (0, 1, 9, 40):
            today = TODAY + weeks * 7 * DAY
            events = shown(after=weeks * 7 * DAY)
            assert min(event.due for event in events) == today - 60 * DAY
            assert today + 40 * DAY < max(event.start for event in events) <= today + 60 * DAY

    def test_events_come_up_by_and_by_and_are_known_two_weeks_before(self) -> None:
        before, after = ({event.id for event in shown(after=n * DAY)} for n in (0, 1))
        new = after - before
        assert 2 <= len(new) <= 30
        everything = {event.id: event for event in shown(after=40 * DAY)}
        near = {each for each, event in everything.items() if TODAY <= event.start <= TODAY + 13 * DAY}
        assert near <= before

    def test_nothing_that_came_up_changes_or_vanishes(self) -> None:
        later = {event.id: event for event in shown(after=30 * DAY)}
        assert all(later[event.id] == event for event in shown() if event.due > TODAY - 30 * DAY)

    def test_nobody_plans_by_hand_any_more(self) -> None:
        held = {event.id for event in shown() if event.visit}
        assert {event.id for event in shown(after=28 * DAY) if event.visit} <= held

    @pytest.mark.parametrize(
        "night", [datetime(2026, 3, 8, 6, 30, tzinfo=ZONE), datetime(2026, 11, 1, 6, 30, tzinfo=ZONE)]
    )
    def test_a_night_when_clocks_change_is_like_any_other(self, night: datetime) -> None:
        start = night.replace(hour=0, minute=0)
        events = DemoStore(1, start).mplans(night)
        planned = [
            event.visit for event in events if event.visit and event.visit.start.date() == night.date()
        ]
        assert planned
        assert all(visit.start.astimezone(ZONE).hour >= 9 for visit in planned)


class TestServed:
    @pytest.fixture
    def site(self, tmp_path: Path) -> Iterator[PlannerSite]:
        with served(tmp_path, store()) as running:
            yield running

    @pytest.fixture
    def visitor(self, site: PlannerSite) -> Visitor:
        visitor = site.visitor()
        visitor.login()
        return visitor

    def test_past_events_are_submitted_or_expired_or_were_forgotten(self, visitor: Visitor) -> None:
        rows = visitor.listing(intervalStart="2026-01-31", intervalEnd="2026-05-31")
        assert rows["total"] == len(rows["mplans"])
        conditions = Counter(row["condition"] for row in rows["mplans"])
        assert conditions["Submitted"] > 200
        assert 0 < conditions["Expired"] < 40
        assert conditions["Scheduled"] > 60
        past = [
            row
            for row in rows["mplans"]
            if row["condition"] == "Scheduled" and row["scheduleDate"][:10] < "03/02/2026"
        ]
        assert 0 < len(past) < 20

    def test_what_was_written_stands_among_what_comes_up(self, site: PlannerSite, visitor: Visitor) -> None:
        row = visitor.listing(searchFields=search("condition", "Unstaffed"))["mplans"][-1]
        start = datetime.strptime(row["startDate"], "%m/%d/%Y").replace(hour=10, tzinfo=ZONE)
        fields = {"mPlanID": str(row["mPlanID"]), "LocationID": row["storeID"], "RepID": "100214"}
        entry = visitor.scheduled(
            **fields, Start=start.isoformat(), End=(start + timedelta(minutes=30)).isoformat()
        )
        site.clock.advance(3 * DAY)
        visitor.login()
        assert visitor.row(row["mPlanID"])["scheduleEventID"] == str(entry)
        site.clock.set(start + DAY)
        visitor.login()
        assert visitor.row(row["mPlanID"])["condition"] in {"Submitted", "Scheduled"}

    def test_reps_of_the_next_week_lack_who_is_on_leave(self, visitor: Visitor) -> None:
        week = visitor.available("03/02/2026 00:00:00,03/09/2026 00:00:00")
        quarter = visitor.available("03/02/2026 00:00:00,05/31/2026 00:00:00")
        assert (len(week), len(quarter)) == (12, 13)
        assert any("role" not in rep for rep in quarter.values())
        assert any(rep["scheduledHours"] is None for rep in quarter.values())
