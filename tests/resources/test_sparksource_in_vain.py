"""A site whose pages of activity sessions all fail is soon left alone; their teachers are unknown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from tests.resources.booking_site import ENGLISH, FRENCH, WEEKS, Site, booked, read

pytestmark = pytest.mark.browser

DETAILS = "/ffdates/list_attendees/"
LESSONS = [booked(ENGLISH, f"00000{n:02}", WEEKS[0], day=n % 5, hour=8 + 2 * (n // 5)) for n in range(30)]
LATER = [booked(ENGLISH, "0000040", WEEKS[1]), booked(FRENCH, "0000050", WEEKS[0])]


@pytest.fixture(autouse=True)
def _no_waiting_between_tries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    running = Site(tmp_path, [*LESSONS, *LATER])
    yield running
    running.stop()


def test_a_site_that_answers_for_no_teacher_is_asked_a_bounded_number_of_times(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.arm("http", f"GET {DETAILS}", times=None, status=500)

    run = read(site.source(attendee_concurrency=4), (ENGLISH, WEEKS[:2]), (FRENCH, WEEKS[:1]))

    weeks = [week for reading in run.readings for week in reading.weeks]
    assert all(week.complete for week in weeks)
    assert [(len(week.lessons), len(week.unknown)) for week in weeks] == [(30, 30), (1, 1), (1, 1)]
    asked = site.asked("GET", DETAILS)
    on_their_way = 3  # beside the tenth that failed
    assert 10 * 2 <= len(asked) <= (10 + on_their_way) * 2
    not_asked_for = len(LESSONS) + len(LATER) - len(set(asked))
    (warning,) = [text for text in caplog.messages if "not asked for" in text]
    assert f"the teachers of {not_asked_for} more were not asked for" in warning


def test_one_that_can_be_read_in_between_starts_the_count_anew(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    readable = LESSONS[9]
    site.arm("http", f"GET {DETAILS}(?!{readable.asid})", times=None, status=500)

    run = read(site.source(attendee_concurrency=1), (ENGLISH, WEEKS[:1]))

    (week,) = run.readings[0].weeks
    assert [lesson.asid for lesson in week.lessons if lesson.teacher] == [readable.asid]
    assert len(set(site.asked("GET", DETAILS))) == 9 + 1 + 10
    assert sum("the teachers of 10 more were not asked for" in text for text in caplog.messages) == 1


def test_pages_that_the_site_refuses_are_no_trouble_that_passes(site: Site) -> None:
    site.arm("http", f"GET {DETAILS}", times=None, status=404)

    read(site.source(), (ENGLISH, WEEKS[:1]))

    assert len(site.asked("GET", DETAILS)) == len(LESSONS)
