"""`release` lists what the brake holds, and lets it through on a person's word."""

from __future__ import annotations

import re

import pytest

from tests.commands.school import ANA, FRENCH, School, days, lesson, old_lesson

WEEK = list(days(1, 2, 3, 4, 5))


@pytest.fixture
def digest(school: School) -> str:
    """Five lessons stand, and the newest reading has none of them: their removal is held."""
    school.read(FRENCH, *(lesson(FRENCH, f"000000{n}", day) for n, day in enumerate(WEEK)))
    for day in WEEK:
        school.write_by_script(ANA, old_lesson(day))
    assert school.run("adopt", FRENCH, "--yes").code == 0
    school.read(FRENCH)
    planned = school.run("plan", FRENCH).text
    assert "0 changes, 5 held" in planned
    found = re.search(r"scheduling-pipeline release (\w+) --by NAME", planned)
    assert found
    return found[1]


def test_without_a_digest_it_lists_what_is_held(school: School, digest: str) -> None:
    outcome = school.run("release")
    assert outcome.code == 0
    assert digest in outcome.text
    assert "none of 5 would be left" in outcome.text


def test_nothing_held_is_said_so(school: School) -> None:
    assert "Nothing is held" in school.run("release").text


def test_a_release_shows_what_it_lets_through_and_the_next_plan_has_it(school: School, digest: str) -> None:
    outcome = school.run("release", digest, "--by", "Mia", "--why", "the group was cancelled")
    assert outcome.code == 0
    assert "5 removals go through" in outcome.text
    assert "Tue 03 Mar 2026 09:00" in outcome.text
    assert "5 changes, 0 held" in school.run("plan", FRENCH).text


def test_a_wrong_digest_lists_the_held_ones(school: School, digest: str) -> None:
    outcome = school.run("release", "0123456789abcdef", "--by", "Mia", "--why", "cancelled")
    assert outcome.code == 1
    assert "no removals are held under 0123456789abcdef" in outcome.text
    assert digest in outcome.text


@pytest.mark.parametrize("words", [(), ("--by", "Mia"), ("--why", "cancelled"), ("--by", " ", "--why", "x")])
def test_a_release_needs_who_and_why(school: School, digest: str, words: tuple[str, ...]) -> None:
    outcome = school.run("release", digest, *words)
    assert outcome.code == 1
    assert "--by NAME --why REASON" in outcome.text
    assert "0 changes, 5 held" in school.run("plan", FRENCH).text
