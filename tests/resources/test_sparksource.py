"""Reading the booking site with a real browser: sessions, logins, and a site that is not always well."""

from __future__ import annotations

import asyncio
import socket
import stat
import traceback
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import stamina

from resources.browser import open_browser
from resources.sparksource import SparkSource
from resources.sparksource_site import BookingSite, open_site
from resources.tab import AuthenticationError, RefusedPageError, SiteDown
from scheduling_pipeline.simulators.school import SiteLesson
from scheduling_pipeline.timetable.model import WeekOutcome
from tests.resources.booking_site import (
    ENGLISH,
    FRENCH,
    NOW,
    PASSWORD,
    WEEKS,
    CountingLease,
    LeaseLostError,
    Site,
    as_read,
    booked,
    read,
)

pytestmark = pytest.mark.browser

LESSONS: tuple[SiteLesson, ...] = (
    booked(ENGLISH, "0000001", WEEKS[0]),
    booked(ENGLISH, "0000002", WEEKS[0], day=5, hour=18, online=True, teacher="Jo BRANDT MAIN"),
    booked(ENGLISH, "0000003", WEEKS[0], room="ATL1", code="", title="Service Time", occupied=0),
    booked(ENGLISH, "0000004", WEEKS[1], code="JGP", title="Échange & Co", occupied=5, teacher="Zoé MüLLER"),
    booked(FRENCH, "0000011", WEEKS[0], day=2, teacher="Lea KOHLER"),
    booked(FRENCH, "0000012", WEEKS[1], day=3),
)


@pytest.fixture(autouse=True, scope="module")
def _no_waiting_between_tries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=5, cap=True):
        yield


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    running = Site(tmp_path, LESSONS)
    yield running
    running.stop()


def test_two_agendas_are_read_whole_in_one_session(site: Site) -> None:
    run = read(site.source(), (ENGLISH, [WEEKS[2], WEEKS[0], WEEKS[1]]), (FRENCH, WEEKS[:2]))

    english, french = run.readings
    assert (english.agenda, french.agenda) == ("english", "french")
    assert [week.monday for week in english.weeks] == WEEKS[:3]
    assert {week.outcome for week in (*english.weeks, *french.weeks)} == {WeekOutcome.COMPLETE}
    assert {week.read_at for week in english.weeks} == {NOW}
    read_lessons = [set(week.lessons) for week in (*english.weeks, *french.weeks)]
    assert read_lessons == [
        {as_read(ENGLISH, lesson) for lesson in LESSONS[:3]},
        {as_read(ENGLISH, LESSONS[3])},
        set(),
        {as_read(FRENCH, LESSONS[4])},  # the current week, although the session looked at a later one last
        {as_read(FRENCH, LESSONS[5])},
    ]
    assert site.logins == 1
    assert site.forbidden == []
    details = site.asked("GET", "/ffdates/list_attendees/")
    assert len(details) == len(set(details)) == len(LESSONS)
    assert [step[1:] for step in run.progress] == [(n, 5) for n in range(6)]
    assert run.progress[1][0] == "English, week of 2026-03-02: 3 lessons"
    assert run.lease.renewals >= 5 + len(LESSONS)


def test_a_teacher_is_asked_for_once_however_often_the_session_is_shown(site: Site) -> None:
    run = read(site.source(), (FRENCH, WEEKS[:1]), (FRENCH, WEEKS[:1]))

    assert [week.lessons for reading in run.readings for week in reading.weeks] == [
        (as_read(FRENCH, LESSONS[4]),)
    ] * 2
    assert site.asked("GET", "/ffdates/list_attendees/") == ["/ffdates/list_attendees/0000011/"]


def test_a_session_is_used_again_refreshed_and_replaced_when_stale(site: Site) -> None:
    kept = site.folder / "session.json"
    week = (FRENCH, WEEKS[:1])

    read(site.source(), week)
    first = kept.stat()
    read(site.source(), week)
    second = kept.stat()
    assert site.logins == 1
    assert second.st_ino != first.st_ino  # written anew, in one step
    assert stat.S_IMODE(second.st_mode) == 0o600

    site.control.clock.advance(timedelta(hours=12))
    run = read(site.source(), week)
    assert site.logins == 2
    assert run.readings[0].weeks[0].complete


def test_a_session_that_expires_on_the_way_costs_a_login_and_no_lesson(site: Site) -> None:
    site.control.latency = 0.05  # several pages are on their way when the session ends
    site.arm("expired_session", "GET /ffdates/week/booking/2026/03/02/")
    site.arm("expired_session", "GET /ffdates/list_attendees/")

    run = read(site.source(), (ENGLISH, WEEKS[:3]), (FRENCH, WEEKS[:2]))

    weeks = [week for reading in run.readings for week in reading.weeks]
    assert all(week.complete for week in weeks)
    assert {lesson for week in weeks for lesson in week.lessons} == {
        as_read(ENGLISH if lesson.agenda == ENGLISH.site_id else FRENCH, lesson) for lesson in LESSONS
    }
    assert site.logins == 3


def test_a_session_that_never_lasts_ends_in_failed_weeks_not_in_endless_logins(site: Site) -> None:
    site.arm("expired_session", "GET /ffdates/week/", times=None)

    run = read(site.source(), (ENGLISH, WEEKS))

    assert [week.outcome for week in run.readings[0].weeks] == [WeekOutcome.FAILED] * len(WEEKS)
    assert run.readings[0].weeks[-1].problem == "the booking site asks to log in instead of showing the page"
    assert site.logins == 3


def test_a_wrong_password_is_said_and_nothing_is_kept(site: Site) -> None:
    source = site.source(password="battery-staple")

    with pytest.raises(AuthenticationError, match="SPARKSOURCE_USER / SPARKSOURCE_PASS") as refusal:
        read(source, (ENGLISH, WEEKS[:1]))

    assert site.logins == 1  # asking again would lock an account
    assert site.asked("GET", "/ffdates") == []
    assert not Path(source.session_file).exists()
    assert "battery-staple" not in "".join(traceback.format_exception(refusal.value)) + repr(source)


def test_passing_trouble_is_tried_again(site: Site) -> None:
    site.arm("http", "GET /login/show_login/true", status=503)
    site.arm("http", "POST /login", status=502)
    site.arm("http", "GET /ffdates/week/booking/2026/03/02/", status=503, retry_after=1)
    site.arm("http", "POST /ffdates/set_agenda", status=500)
    site.arm("http", "GET /ffdates/list_attendees/0000001/", times=2, status=429)

    run = read(site.source(), (ENGLISH, WEEKS[:1]))

    assert set(run.readings[0].weeks[0].lessons) == {as_read(ENGLISH, lesson) for lesson in LESSONS[:3]}


def test_a_week_that_is_lost_while_the_agenda_is_chosen_is_opened_again(site: Site) -> None:
    site.arm("wrong_week", "GET /ffdates/week/booking$")  # where the choice of an agenda leads

    run = read(site.source(), (FRENCH, WEEKS[:1]))

    assert run.readings[0].weeks[0].lessons == (as_read(FRENCH, LESSONS[4]),)
    assert len(site.asked("GET", "/ffdates/week/booking/2026/03/02/")) == 2


def test_a_site_in_trouble_for_long_is_down(site: Site) -> None:
    site.arm("http", times=None, status=503)

    with pytest.raises(SiteDown, match="could not open the login page: HTTP 503"):
        read(site.source(), (ENGLISH, WEEKS[:1]))

    assert len(site.asked("GET")) == 3


def test_a_site_that_cannot_be_reached_is_down(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    source = SparkSource(
        base_url=f"http://127.0.0.1:{closed}",
        username="planner",
        password=PASSWORD,
        session_file=str(tmp_path / "session.json"),
        evidence_dir=str(tmp_path),
    )

    with pytest.raises(SiteDown, match="ERR_CONNECTION_REFUSED"):
        read(source, (ENGLISH, WEEKS[:1]))


def test_a_site_that_goes_away_on_the_way_is_down(site: Site) -> None:
    with pytest.raises(SiteDown, match="could not open the grid: ERR_CONNECTION_REFUSED"):
        site.source().read(
            [(ENGLISH, WEEKS[:2])], now=NOW, lease=CountingLease(), on_progress=lambda *_: site.stop()
        )


def test_a_site_that_goes_away_after_a_complete_week_fails_the_rest_and_discards_nothing(site: Site) -> None:
    said: list[str] = []

    def stop_after_first_week(text: str, done: int, _total: int) -> None:
        said.append(text)
        if done == 1:
            site.stop()

    english, french = site.source().read(
        [(ENGLISH, WEEKS[:2]), (FRENCH, WEEKS[:2])],
        now=NOW,
        lease=CountingLease(),
        on_progress=stop_after_first_week,
    )

    weeks = [*english.weeks, *french.weeks]
    assert set(weeks[0].lessons) == {as_read(ENGLISH, lesson) for lesson in LESSONS[:3]}
    assert [week.monday for week in weeks] == [*WEEKS[:2], *WEEKS[:2]]
    assert [week.complete for week in weeks] == [True, False, False, False]
    gone = "the booking site is down: could not open the grid: ERR_CONNECTION_REFUSED"
    assert {week.problem for week in weeks[1:]} == {gone}
    assert said[-1] == f"French, week of {WEEKS[1]}: not read, {gone}"


def test_an_account_refused_on_the_way_fails_the_rest_and_is_not_tried_again(site: Site) -> None:
    site.arm("expired_session", f"GET /ffdates/week/booking/{WEEKS[1]:%Y/%m/%d}/")
    site.arm("http", "POST /login", times=None, skip=1, status=403)

    (english,) = read(site.source(), (ENGLISH, WEEKS[:3])).readings

    assert [week.complete for week in english.weeks] == [True, False, False]
    refusal = "the booking site did not accept the user name and password in"
    assert all(week.problem.startswith(refusal) for week in english.weeks[1:])
    assert site.logins == 2


def test_an_address_without_a_login_page_is_no_passing_trouble(site: Site) -> None:
    with pytest.raises(RefusedPageError, match="could not open the login page: HTTP 404"):
        site.source(base_url=f"{site.url}/elsewhere").check_login()


@pytest.mark.parametrize("lost_at", [2, 4], ids=["before a grid", "before an activity session's page"])
def test_a_lost_lease_ends_the_reading_at_once(site: Site, lost_at: int) -> None:
    source = site.source(attendee_concurrency=1)

    with pytest.raises(LeaseLostError):
        source.read(
            [(ENGLISH, WEEKS[:2])], now=NOW, lease=CountingLease(lost_at), on_progress=lambda *_: None
        )

    assert len(site.asked("GET", "/ffdates/list_attendees/")) == max(lost_at - 3, 0)


def test_the_login_can_be_checked_beside_a_saved_session(site: Site) -> None:
    site.source().check_login()
    assert site.logins == 1
    assert not (site.folder / "session.json").exists()

    with pytest.raises(AuthenticationError):
        site.source(password="battery-staple").check_login()


_ATTEMPTS_TO_WRITE = """async ([elsewhere]) => {
    const send = (url, method) => fetch(url, {method, mode: 'no-cors'}).then(() => url, () => null);
    navigator.sendBeacon('/ffdates/book');
    return await Promise.all([
        send('/ffdates/book', 'POST'), send('/ffdates/book?to=/ffdates/set_agenda', 'POST'),
        send('/login/do_login', 'POST'), send('/ffdates/set_agenda', 'PUT'),
        send('/ffdates/book', 'DELETE'), send('/ffdates/book', 'PATCH'), send(elsewhere, 'GET'),
        send('/launchpad', 'GET'),
    ]);
}"""


def test_a_script_on_the_site_s_page_cannot_write(site: Site) -> None:
    elsewhere = site.url.replace("127.0.0.1", "localhost") + "/demo"

    async def run_script(booking_site: BookingSite) -> list[str | None]:
        answered: list[str | None] = await booking_site.page.evaluate(_ATTEMPTS_TO_WRITE, [elsewhere])
        return answered

    async def visit() -> list[str | None]:
        source = site.source()
        async with open_browser() as browser, open_site(browser, source._access(), None) as booking_site:
            return await run_script(booking_site)

    assert asyncio.run(visit()) == [None] * 7 + ["/launchpad"]
    assert site.forbidden == []
    assert site.asked("POST") == ["/login/do_login"]
    assert site.asked("GET", "/demo") == []
