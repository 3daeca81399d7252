"""The demo school: its size, its people, how it moves with the clock, and the cases planted in it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import combinations, pairwise

import pytest

from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.school import AGENDAS, DemoSchool, SiteLesson
from scheduling_pipeline.simulators.school.model import ZURICH
from scheduling_pipeline.simulators.school.people import RECEPTION

SFS, ESA, ENGLISH, FRENCH, GERMAN = "17", "18", "57", "100", "101"
METHOD, PRIVATE = (SFS, ESA), (ENGLISH, FRENCH, GERMAN)
LIVE = METHOD + PRIVATE
MONDAY = date(2026, 3, 2)
WEEK = timedelta(weeks=1)
NOW = DEMO_START.astimezone(ZURICH)


@pytest.fixture(scope="module")
def school() -> DemoSchool:
    return DemoSchool(seed=1)


@pytest.fixture(params=range(1, 4))
def any_school(request: pytest.FixtureRequest) -> DemoSchool:
    """Schools of several seeds, for what must hold whatever the dice say."""
    return DemoSchool(seed=request.param)


def _week(
    school: DemoSchool, agendas: Iterable[str], monday: date = MONDAY, now: datetime = NOW
) -> list[SiteLesson]:
    return [lesson for agenda in agendas for lesson in school.lessons(agenda, monday, now)]


def _teachers(lessons: Iterable[SiteLesson]) -> set[str]:
    return {lesson.teacher for lesson in lessons} - {RECEPTION}


def _blocks(lessons: Iterable[SiteLesson]) -> list[tuple[str, datetime, datetime]]:
    """Teacher, start and end of back-to-back lessons as one."""
    merged: list[tuple[str, datetime, datetime]] = []
    for lesson in sorted(lessons, key=lambda lesson: (lesson.teacher, lesson.start)):
        if merged and merged[-1][0] == lesson.teacher and merged[-1][2] == lesson.start:
            merged[-1] = (lesson.teacher, merged[-1][1], lesson.end)
        else:
            merged.append((lesson.teacher, lesson.start, lesson.end))
    return [block for block in merged if block[0] != RECEPTION]


def _overlapping(lessons: Sequence[SiteLesson]) -> list[tuple[SiteLesson, SiteLesson]]:
    of_teacher: defaultdict[str, list[SiteLesson]] = defaultdict(list)
    for lesson in lessons:
        if lesson.teacher != RECEPTION:
            of_teacher[lesson.teacher].append(lesson)
    return [
        (one, other)
        for own in of_teacher.values()
        for one, other in combinations(own, 2)
        if one.start < other.end and other.start < one.end
    ]


class TestPeople:
    def test_teachers_are_shared_between_agendas_as_in_the_real_school(self, any_school: DemoSchool) -> None:
        of = {agenda: _teachers(any_school.lessons(agenda, MONDAY, NOW)) for agenda in LIVE}
        assert {agenda: len(teachers) for agenda, teachers in of.items()} == {
            SFS: 20,
            ESA: 15,
            ENGLISH: 12,
            FRENCH: 19,
            GERMAN: 12,
        }
        assert len(set().union(*of.values())) == 48
        assert len(of[SFS] & of[FRENCH]) == 17
        assert of[GERMAN] < of[ESA]
        assert len(of[SFS] & of[ESA]) == 1
        assert not of[ENGLISH] & (of[SFS] | of[ESA] | of[FRENCH] | of[GERMAN])
        assert not of[FRENCH] & of[GERMAN]

    def test_addresses_follow_the_rule_and_are_unique(self, school: DemoSchool) -> None:
        upns = [account.upn for account in school.accounts]
        assert len(upns) == len(set(upns))
        assert {
            "amelie.rosselet@school.example",
            "camille.de.la.combe@school.example",
            "julien.monnierpraz@school.example",
            "dominik.schurmanns@school.example",
        } < set(upns)

    def test_two_accounts_have_the_name_of_one_teacher(self, school: DemoSchool) -> None:
        name = school.planted.homonym.title()
        assert [account.upn for account in school.accounts if account.display_name == name] == [
            "lukas.tobler@school.example",
            "lukas.tobler2@school.example",
        ]

    def test_one_teacher_has_no_account(self, school: DemoSchool) -> None:
        surname = school.planted.unmatched.split()[-1].title()
        assert not [account for account in school.accounts if surname in account.surname]
        assert school.planted.unmatched in _teachers(school.lessons(FRENCH, MONDAY, NOW))

    def test_surnames_cut_at_the_hyphen_on_either_side(self, school: DemoSchool) -> None:
        accounts = {account.display_name for account in school.accounts}
        assert (school.planted.half_account, "Daphne Kane" in accounts) == ("Daphne ELLSWORTH-KANE", True)
        assert (school.planted.half_on_site, "Keira Ashby-Dunmore" in accounts) == ("Keira DUNMORE", True)

    def test_the_site_spells_names_in_all_known_ways(self, school: DemoSchool) -> None:
        names = _teachers(_week(school, LIVE))
        assert sum(name.endswith(" MAIN") and " ESA " not in name for name in names) == 4
        assert sum(name.endswith(" CR") for name in names) == 2
        assert sum(" ESA " in name and name.endswith(" MAIN") for name in names) == 2
        assert sum("/" in name for name in names) == 1
        assert "Dominik SCHüRMANNS" in names

    def test_somebody_has_no_mailbox(self, school: DemoSchool) -> None:
        assert [account.upn for account in school.accounts if not account.has_mailbox] == [
            "intern.lausanne@school.example"
        ]


class TestMethodAgendas:
    @pytest.mark.parametrize(
        ("agenda", "per_day"), [(SFS, (13, 12, 16, 18, 6, 4)), (ESA, (12, 10, 9, 14, 9, 1))]
    )
    def test_blocks_of_a_week(self, any_school: DemoSchool, agenda: str, per_day: tuple[int, ...]) -> None:
        blocks = _blocks(any_school.lessons(agenda, MONDAY, NOW))
        days = Counter(start.weekday() for _, start, _ in blocks)
        assert tuple(days[day] for day in range(6)) == per_day
        assert max(Counter(teacher for teacher, _, _ in blocks).values()) <= 8
        hours = Counter((end - start) / timedelta(hours=1) for _, start, end in blocks)
        assert set(hours) <= {1, 2, 3, 4}
        assert hours.most_common(1)[0][0] == 3
        assert all(start.hour >= 9 and (end.hour, end.minute) <= (20, 30) for _, start, end in blocks)

    def test_classes_of_a_week(self, school: DemoSchool) -> None:
        lessons = _week(school, METHOD)
        assert {"SCL", "IND", "A2", "B2", ""} < {lesson.code for lesson in lessons}
        assert all(
            lesson.title == f"Echange {lesson.code[1:]}" for lesson in lessons if lesson.code[:1] == "E"
        )
        assert {lesson.occupied for lesson in lessons if lesson.title == "Service Time"} == {0}
        assert not any(lesson.online for lesson in lessons)

    def test_the_front_desk_appears_now_and_then(self, school: DemoSchool) -> None:
        weeks = [MONDAY + number * WEEK for number in range(10)]
        present = [any(one.teacher == RECEPTION for one in _week(school, METHOD, monday)) for monday in weeks]
        assert present[0]
        assert 0 < sum(present) < len(weeks)

    def test_little_changes_from_week_to_week(self, any_school: DemoSchool) -> None:
        """Four weeks without public holidays."""
        for agenda in METHOD:
            patterns = []
            for number in range(6, 10):
                monday = MONDAY + number * WEEK
                blocks = _blocks(any_school.lessons(agenda, monday, NOW + number * WEEK))
                patterns.append(
                    {(teacher, start - _midnight(monday), end - start) for teacher, start, end in blocks}
                )
            differences = [len(one ^ other) for one, other in pairwise(patterns)]
            assert 1 <= sum(differences) <= 4
            assert max(differences) <= 2

    def test_a_change_is_shown_from_the_thursday_before(self, school: DemoSchool) -> None:
        monday = MONDAY + 3 * WEEK
        wednesday, friday = (datetime.combine(monday - timedelta(days=n), NOW.time(), ZURICH) for n in (5, 3))
        before = {lesson.asid: lesson for lesson in school.lessons(SFS, monday, wednesday)}
        after = {lesson.asid: lesson for lesson in school.lessons(SFS, monday, friday)}
        moved = [asid for asid in before if before[asid] != after[asid]]
        assert before.keys() == after.keys()
        assert 1 <= len(moved) <= 4
        assert {before[asid].teacher for asid in moved} == {after[asid].teacher for asid in moved}


class TestPrivateAgendas:
    def test_lessons_of_the_first_weeks(self, any_school: DemoSchool) -> None:
        counts = [
            [len(any_school.lessons(agenda, MONDAY + number * WEEK, NOW)) for agenda in PRIVATE]
            for number in range(3)
        ]
        assert counts[0] == pytest.approx([85, 113, 108], abs=8)
        assert sum(counts[0]) == pytest.approx(306, abs=12)
        assert all(35 <= count <= 58 for count in counts[1])
        assert all(20 <= count <= 40 for count in counts[2])

    def test_shares_of_kinds_lengths_days_and_online(self, school: DemoSchool) -> None:
        lessons = [
            lesson
            for number in range(4, 12)
            for lesson in _week(school, PRIVATE, MONDAY + number * WEEK, NOW + (number + 1) * WEEK)
        ]
        total = len(lessons)
        kinds = Counter(lesson.code for lesson in lessons)
        assert kinds["VAD"] / total == pytest.approx(0.70, abs=0.07)
        assert all(kinds[code] for code in ("JGP", "ICO", "JPR", "VIP", "TPC"))
        minutes = Counter((lesson.end - lesson.start) // timedelta(minutes=1) for lesson in lessons)
        assert minutes[60] / total == pytest.approx(0.79, abs=0.04)
        assert set(minutes) <= {15, 30, 45, 60, 75, 90, 120, 150}
        days = Counter(lesson.start.weekday() for lesson in lessons)
        assert days[2] / total > 0.18
        assert 0.02 < days[5] / total < 0.12
        assert 6 not in days
        assert all((8, 0) <= (one.start.hour, one.start.minute) <= (20, 15) for one in lessons)
        online = {
            code: sum(one.online for one in lessons if one.code == code) / kinds[code]
            for code in ("VAD", "JGP", "TPC")
        }
        assert online["VAD"] == pytest.approx(0.38, abs=0.06)
        assert (online["JGP"], online["TPC"]) == pytest.approx((0, 1), abs=0.05)

    def test_the_week_fills_as_the_clock_moves(self, any_school: DemoSchool) -> None:
        monday = MONDAY + 4 * WEEK
        known = [
            len(_week(any_school, PRIVATE, monday, NOW + days * timedelta(days=1)))
            for days in (0, 7, 14, 21, 28, 33)
        ]
        assert known == sorted(known)
        assert known[4] > 2 * known[3] * 0.9
        assert known[5] > 1.12 * known[4]

    def test_additions_dominate_and_removals_stay_honest(self, any_school: DemoSchool) -> None:
        """Readings of two coming weeks, twelve hours apart, over six weeks."""
        for agenda in PRIVATE:
            added = removed = changed = 0
            for number in range(6):
                weeks = [MONDAY + (number + ahead) * WEEK for ahead in (1, 2)]
                readings = [
                    {
                        lesson.asid: lesson
                        for monday in weeks
                        for lesson in any_school.lessons(
                            agenda, monday, NOW + number * WEEK + half * timedelta(hours=12)
                        )
                    }
                    for half in range(15)
                ]
                for one, other in pairwise(readings):
                    gone = len(one.keys() - other.keys())
                    assert gone <= 0.14 * len(one)
                    removed += gone
                    added += len(other.keys() - one.keys())
                    changed += sum(one[asid] != other[asid] for asid in one.keys() & other.keys())
            pairs = 6 * 14
            assert 3 <= added / pairs <= 8
            assert 0.05 <= removed / pairs <= 0.8
            assert changed / pairs <= 0.3
            assert added > 5 * removed

    def test_all_kinds_of_change_happen_and_keep_the_asid(self, school: DemoSchool) -> None:
        seen: Counter[str] = Counter()
        for number in range(1, 36):
            monday = MONDAY + number * WEEK
            first: dict[str, SiteLesson] = {}
            for day in range(-14, 6):
                now = NOW + number * WEEK + timedelta(days=day)
                for lesson in _week(school, PRIVATE, monday, now):
                    before = first.setdefault(lesson.asid, lesson)
                    seen.update(
                        field
                        for field in ("start", "end", "title", "room", "online", "teacher")
                        if getattr(before, field) != getattr(lesson, field)
                    )
        assert set(seen) == {"start", "end", "title", "room", "online", "teacher"}


class TestTheWholeSchool:
    def test_it_is_a_function_of_seed_and_instant(self) -> None:
        now = NOW + timedelta(days=10)
        first, second = DemoSchool(seed=7), DemoSchool(seed=7)
        expected = _week(first, AGENDAS, MONDAY + WEEK, now)
        _week(second, AGENDAS, MONDAY + 2 * WEEK, now + WEEK)  # what was asked before does not matter
        assert _week(second, AGENDAS, MONDAY + WEEK, now) == expected
        assert _week(DemoSchool(seed=8), AGENDAS, MONDAY + WEEK, now) != expected

    def test_it_is_the_same_in_another_process(self, school: DemoSchool) -> None:
        script = (
            "from datetime import date, datetime;"
            "from scheduling_pipeline.simulators.school import DemoSchool;"
            f"now = datetime.fromisoformat('{NOW.isoformat()}');"
            f"print([(l.asid, l.start.isoformat(), l.teacher) for a in {LIVE}"
            f" for l in DemoSchool(1).lessons(a, date(2026, 3, 2), now)])"
        )
        found = subprocess.run([sys.executable, "-X", "utf8", "-c", script], capture_output=True, check=True)
        here = [(lesson.asid, lesson.start.isoformat(), lesson.teacher) for lesson in _week(school, LIVE)]
        assert found.stdout.decode().strip() == str(here)

    def test_the_only_overlap_is_the_planted_one(self, any_school: DemoSchool) -> None:
        overlap = any_school.planted.overlap
        for number in range(10):
            now = NOW + number * WEEK
            found = [
                pair
                for ahead in range(3)
                for pair in _overlapping(_week(any_school, LIVE, MONDAY + (number + ahead) * WEEK, now))
            ]
            if number:
                assert not found
            else:
                ((one, other),) = found
                assert {one.teacher, other.teacher} == {overlap.teacher}
                assert {one.agenda, other.agenda} == {overlap.agenda}
                assert min(one.start, other.start) == overlap.start
                assert max(one.end, other.end) == overlap.end

    def test_no_two_lessons_share_a_room_and_a_time_or_an_asid(self, any_school: DemoSchool) -> None:
        for number in range(0, 40, 3):
            monday, now = MONDAY + number * WEEK, NOW + number * WEEK + timedelta(days=3)
            for agenda in set(AGENDAS) - {"16"}:
                lessons = sorted(
                    any_school.lessons(agenda, monday, now), key=lambda one: (one.room, one.start)
                )
                assert all(a.room != b.room or a.end <= b.start for a, b in pairwise(lessons))
            asids = [lesson.asid for lesson in _week(any_school, set(AGENDAS) - {"16"}, monday, now)]
            assert len(asids) == len(set(asids))

    def test_lessons_are_well_formed_and_found_by_their_asid(self, school: DemoSchool) -> None:
        for agenda in AGENDAS:
            rooms = {room.name for room in school.rooms(agenda)}
            lessons = school.lessons(agenda, MONDAY, NOW)
            assert lessons
            for lesson in lessons:
                assert len(lesson.asid) == 7
                assert lesson.asid.startswith("0")
                assert MONDAY <= lesson.start.date() < MONDAY + timedelta(days=6)
                assert lesson.start.minute % 15 == lesson.end.minute % 15 == 0
                assert lesson.start.utcoffset() == lesson.end.utcoffset() == timedelta(hours=1)
                assert lesson.room in rooms
                assert school.lesson(lesson.asid, NOW) == lesson

    def test_classrooms_have_one_number_each(self, school: DemoSchool) -> None:
        crids = [room.crid for agenda in set(AGENDAS) - {"16"} for room in school.rooms(agenda)]
        assert len(crids) == len(set(crids))

    @pytest.mark.parametrize("asid", ["", "abc", "0000001", "0999999", "9999999", "01000001"])
    def test_no_lesson_has_a_number_that_was_never_given_out(self, school: DemoSchool, asid: str) -> None:
        assert school.lesson(asid, NOW) is None

    def test_wall_times_stay_when_summer_time_comes(self, school: DemoSchool) -> None:
        """The clocks change on 29 March 2026."""
        now = NOW + 3 * WEEK
        winter, summer = (
            {
                (teacher, start - _midnight(monday))
                for teacher, start, _ in _blocks(school.lessons(ESA, monday, now))
            }
            for monday in (date(2026, 3, 23), date(2026, 3, 30))
        )
        assert len(winter & summer) >= 40
        assert {lesson.start.utcoffset() for lesson in _week(school, LIVE, date(2026, 3, 30), now)} == {
            timedelta(hours=2)
        }

    def test_the_school_lasts_until_christmas(self, any_school: DemoSchool) -> None:
        december = datetime(2026, 12, 14, 6, tzinfo=ZURICH)
        for agenda in LIVE:
            assert len(any_school.lessons(agenda, date(2026, 12, 14), december)) > 60
            assert not any_school.lessons(agenda, date(2027, 1, 4), december)
            assert not any_school.lessons(agenda, date(2025, 12, 29), december)

    def test_it_closes_on_public_holidays(self, school: DemoSchool) -> None:
        good_friday = date(2026, 4, 3)
        lessons = _week(school, LIVE, date(2026, 3, 30), datetime(2026, 4, 2, 20, tzinfo=ZURICH))
        assert lessons
        assert not [lesson for lesson in lessons if lesson.start.date() == good_friday]


class TestPlantedCases:
    def test_the_holiday_empties_one_day_of_one_agenda(self, any_school: DemoSchool) -> None:
        planted = any_school.planted
        assert MONDAY + WEEK <= planted.holiday < MONDAY + WEEK + timedelta(days=5)
        days = Counter(
            lesson.start.date() for lesson in any_school.lessons(planted.holiday_agenda, MONDAY + WEEK, NOW)
        )
        assert planted.holiday not in days
        assert len(days) == 5
        usual = any_school.lessons(planted.holiday_agenda, MONDAY, NOW)
        assert planted.holiday - WEEK in {lesson.start.date() for lesson in usual}
        others = _week(any_school, set(LIVE) - {planted.holiday_agenda}, MONDAY + WEEK)
        assert planted.holiday in {lesson.start.date() for lesson in others}

    def test_the_cancelled_block_is_gone_from_the_next_weeks(self, any_school: DemoSchool) -> None:
        cancelled = any_school.planted.cancelled
        present = [
            (cancelled.teacher, cancelled.start + number * WEEK, cancelled.end + number * WEEK)
            in _blocks(any_school.lessons(cancelled.agenda, MONDAY + number * WEEK, NOW))
            for number in range(3)
        ]
        assert present == [True, False, False]

    def test_visitors_are_told_of_all_of_them(self, any_school: DemoSchool) -> None:
        planted = any_school.planted
        exhibits = any_school.exhibits(NOW)
        titles = " / ".join(exhibit.title for exhibit in exhibits)
        for teacher in (
            planted.homonym,
            planted.unmatched,
            planted.overlap.teacher,
            planted.cancelled.teacher,
        ):
            assert teacher in titles
        assert (planted.holiday_agenda, planted.holiday) in [
            (exhibit.agenda, exhibit.day) for exhibit in exhibits
        ]
        shown = {exhibit.title.split(":")[0]: len(exhibit.lessons) for exhibit in exhibits}
        assert shown["An overlap"] == 2
        assert shown["A cancelled block"] >= 3


def _midnight(monday: date) -> datetime:
    return datetime.combine(monday, datetime.min.time(), ZURICH)
