"""Signing in to Crossmark is proven, noticed when it is over, and done again; what may be sent twice, is."""

from __future__ import annotations

import httpx
import orjson
import pytest

from resources.crossmark_session import COOKIE
from resources.crossmark_wire import CrossmarkError, event_call, schedule_call
from scheduling_pipeline.roster.planner import PlannerError
from tests.resources.planner_site import (
    AUTHENTICATE,
    EVENT,
    LISTING,
    LOGIN_FORM,
    PASSWORD,
    SCHEDULE,
    USER,
    USER_INFO,
    ZONE,
    Answer,
    Site,
    echo,
    fails,
    page,
    redirect,
    session,
    visit,
)

pytestmark = pytest.mark.usefixtures("_no_waiting")

READ = event_call(EVENT)
WRITE = schedule_call(visit(), ZONE)
OVER = [page("", 401), page("", 403), redirect("/login"), page(LOGIN_FORM)]
OVER_NAMES = ["401", "403", "redirect", "login page"]


@pytest.fixture
def site() -> Site:
    return Site()


def refused(site: Site) -> str:
    with pytest.raises(PlannerError) as caught:
        session(site).sign_in()
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert PASSWORD not in repr(chain)
    return str(caught.value)


def test_four_keys_sign_in(site: Site) -> None:
    session(site).sign_in()
    (request,) = site.asked(AUTHENTICATE)
    assert orjson.loads(request.content) == {
        "UserType": "MVEntityUser",
        "UserID": USER,
        "Password": PASSWORD,
        "Timezone": "America/Indianapolis",
    }


@pytest.mark.parametrize(
    "answer",
    [
        page("<html>Scheduling</html>", set_cookie=f"{COOKIE}=one; path=/"),
        page({"redirectUrl": "/planning/"}, set_cookie=f"{COOKIE}=one; path=/"),
        page({"success": True, "sessionId": "one", "userId": "10001"}, set_cookie=f"{COOKIE}=one; path=/"),
        page("", 302, location="/planning/", set_cookie=f"{COOKIE}=one; path=/"),
    ],
)
def test_whatever_a_sign_in_answers_it_is_who_is_signed_in_that_counts(site: Site, answer: Answer) -> None:
    site.on(AUTHENTICATE, answer)
    session(site).sign_in()
    assert site.asked(USER_INFO)[0].headers["cookie"] == f"{COOKIE}=one"


@pytest.mark.parametrize("proof", OVER, ids=OVER_NAMES)
def test_a_wrong_password_is_no_success_though_the_site_answers_200(site: Site, proof: Answer) -> None:
    site.on(AUTHENTICATE, page(LOGIN_FORM))
    site.on(USER_INFO, proof)
    assert "does not accept CROSSMARK_USER and CROSSMARK_PASSWORD" in refused(site)
    assert len(site.asked(AUTHENTICATE)) == 1


def test_a_wrong_password_that_is_said_so_is_not_sent_again(site: Site) -> None:
    site.on(AUTHENTICATE, page({"message": f"no such password: {PASSWORD}"}, 401))
    assert "does not accept CROSSMARK_USER and CROSSMARK_PASSWORD" in refused(site)
    assert len(site.requests) == 1


def test_somebody_elses_session_is_not_ours(site: Site) -> None:
    site.on(USER_INFO, page({"username": "somebody.else", "email": "else@planner.example"}))
    assert "not this user who is signed in" in refused(site)


def test_the_session_before_does_not_prove_a_sign_in(site: Site) -> None:
    cookies: list[str | None] = []

    def who(request: httpx.Request) -> httpx.Response:
        cookies.append(request.headers.get("cookie"))
        known = {"username": USER} if cookies[-1] else {}
        return page(known)(request)

    site.on(USER_INFO, who)
    entered = session(site)
    entered.sign_in()
    site.on(AUTHENTICATE, page(LOGIN_FORM))
    with pytest.raises(PlannerError, match="does not accept"):
        entered.sign_in()
    assert cookies == [f"{COOKIE}=session1", None]


@pytest.mark.parametrize("name", [{"username": USER.upper()}, {"username": "10001", "email": USER}])
def test_the_user_is_known_by_name_or_address(site: Site, name: dict[str, str]) -> None:
    site.on(USER_INFO, page(name))
    session(site).sign_in()


@pytest.mark.parametrize("trouble", [fails(httpx.ConnectError), fails(httpx.ReadTimeout), page("", 503)])
def test_trouble_that_passes_is_waited_for(site: Site, trouble: Answer) -> None:
    site.on(USER_INFO, trouble, trouble, page({"username": USER}))
    session(site).sign_in()
    assert len(site.asked(AUTHENTICATE)) == 3


def test_trouble_that_stays_is_named_with_what_to_look_at(site: Site) -> None:
    site.on(AUTHENTICATE, fails(httpx.ConnectError))
    said = refused(site)
    assert "no connection" in said
    assert "CROSSMARK_URL" in said
    assert len(site.requests) == 3


def test_a_site_without_that_page_is_not_asked_again(site: Site) -> None:
    site.on(AUTHENTICATE, page("not here", 404))
    assert "HTTP 404" in refused(site)
    assert len(site.requests) == 1


def test_one_cookie_is_sent_however_many_are_set(site: Site) -> None:
    def twice(request: httpx.Request) -> httpx.Response:
        cookies = [f"{COOKIE}=old; path=/", f"{COOKIE}=mid; path=/users", f"{COOKIE}=new; path=/"]
        headers = [("set-cookie", cookie) for cookie in cookies]
        return httpx.Response(200, json={}, headers=headers, request=request)

    site.on(AUTHENTICATE, twice)
    session(site).sign_in()
    assert site.asked(USER_INFO)[0].headers.get_list("cookie") == [f"{COOKIE}=new"]


def test_a_cookie_that_changes_on_the_way_is_followed_and_others_are_kept(site: Site) -> None:
    site.on(AUTHENTICATE, page({}, set_cookie=f"{COOKIE}=one; path=/"))
    site.on(USER_INFO, page({"username": USER}, set_cookie="node=a; path=/"))
    answer = {"total": 0, "mplans": []}
    site.on(LISTING, page(answer, set_cookie=f"{COOKIE}=two; path=/planningextcontroller"), page(answer))
    reader = session(site)
    reader.read(READ)
    reader.read(READ)
    sent = [set(request.headers["cookie"].split("; ")) for request in site.asked(LISTING)]
    assert sent == [{"node=a", f"{COOKIE}=one"}, {"node=a", f"{COOKIE}=two"}]


@pytest.mark.parametrize("over", OVER, ids=OVER_NAMES)
def test_a_read_signs_in_again_once_and_is_repeated_once(site: Site, over: Answer) -> None:
    site.on(LISTING, over, page({"total": 0}))
    assert session(site).read(READ) == {"total": 0}
    assert len(site.asked(AUTHENTICATE)) == 2
    assert len(site.asked(LISTING)) == 2


@pytest.mark.parametrize("over", OVER, ids=OVER_NAMES)
def test_a_read_that_is_never_let_in_ends(site: Site, over: Answer) -> None:
    site.on(LISTING, over)
    with pytest.raises(PlannerError, match="cannot be read: looking up event 30000001"):
        session(site).read(READ)
    assert len(site.asked(LISTING)) == 2


def test_an_answer_with_the_word_authentication_is_not_asked_for_again(site: Site) -> None:
    body = {"total": 0, "note": "authentication: please login"}
    site.on(LISTING, page(body))
    assert session(site).read(READ) == body
    assert len(site.asked(LISTING)) == 1
    assert len(site.asked(AUTHENTICATE)) == 1


@pytest.mark.parametrize("trouble", [fails(httpx.ReadError), fails(httpx.ReadTimeout), page("", 500)])
def test_a_read_is_repeated_while_trouble_may_pass(site: Site, trouble: Answer) -> None:
    site.on(LISTING, trouble, trouble, page({"total": 0}))
    assert session(site).read(READ) == {"total": 0}


@pytest.mark.parametrize(
    ("trouble", "tries"),
    [
        (fails(httpx.ReadTimeout), 3),
        (page("", 500), 3),
        (page("", 429), 3),
        (page("nothing here", 404), 1),
        (page("<html>a page</html>"), 1),
    ],
)
def test_a_read_that_fails_says_so(site: Site, trouble: Answer, tries: int) -> None:
    site.on(LISTING, trouble)
    with pytest.raises(PlannerError, match="cannot be read: looking up event 30000001"):
        session(site).read(READ)
    assert len(site.asked(LISTING)) == tries


@pytest.mark.parametrize("over", [page("", 401), redirect("/login")], ids=["401", "redirect"])
def test_a_write_that_was_turned_away_at_the_door_goes_out_once_more(site: Site, over: Answer) -> None:
    site.on(SCHEDULE, over, page(echo()))
    assert session(site).write(WRITE) == echo()
    assert len(site.asked(SCHEDULE)) == 2
    assert len(site.asked(AUTHENTICATE)) == 2


@pytest.mark.parametrize("over", [page("", 401), redirect("/login")], ids=["401", "redirect"])
def test_and_never_a_third_time(site: Site, over: Answer) -> None:
    site.on(SCHEDULE, over)
    assert isinstance(session(site).write(WRITE), CrossmarkError)
    assert len(site.asked(SCHEDULE)) == 2


@pytest.mark.parametrize(
    "answer",
    [
        page(LOGIN_FORM),
        page("", 403),
        page("", 500),
        page("", 429),
        page("authentication"),
        page({"ok": 1, "note": "authentication"}),
        fails(httpx.ReadTimeout),
        fails(httpx.ReadError),
        fails(httpx.ConnectError),
    ],
)
def test_any_other_write_is_sent_once(site: Site, answer: Answer) -> None:
    site.on(SCHEDULE, answer)
    session(site).write(WRITE)
    assert len(site.asked(SCHEDULE)) == 1
    assert len(site.asked(AUTHENTICATE)) == 1


@pytest.mark.parametrize("over", [page(LOGIN_FORM), page("", 403)], ids=["login page", "403"])
def test_after_a_login_page_the_next_one_signs_in_first(site: Site, over: Answer) -> None:
    site.on(SCHEDULE, over, page(echo()))
    writer = session(site)
    writer.write(WRITE)
    assert writer.write(WRITE) == echo()
    paths = [request.url.path for request in site.requests]
    assert paths == [AUTHENTICATE, USER_INFO, SCHEDULE, AUTHENTICATE, USER_INFO, SCHEDULE]


def test_nothing_is_sent_in_a_session_that_is_past_its_time(site: Site) -> None:
    site.on(SCHEDULE, page(echo()))
    writer = session(site, session_seconds=1e-9)
    writer.sign_in()
    writer.write(WRITE)
    writer.read(READ)
    paths = [request.url.path for request in site.requests if request.url.path != USER_INFO]
    assert paths == [AUTHENTICATE, AUTHENTICATE, SCHEDULE, AUTHENTICATE, LISTING]


def test_a_session_is_used_while_it_lasts(site: Site) -> None:
    site.on(SCHEDULE, page(echo()))
    used = session(site)
    used.sign_in()
    used.read(READ)
    used.write(WRITE)
    assert len(site.asked(AUTHENTICATE)) == 1


def test_a_write_is_not_sent_when_nobody_can_be_signed_in(site: Site) -> None:
    site.on(AUTHENTICATE, page("", 401))
    with pytest.raises(PlannerError, match="does not accept"):
        session(site).write(WRITE)
    assert not site.asked(SCHEDULE)


def test_a_password_that_was_not_accepted_is_not_tried_again(site: Site) -> None:
    site.on(AUTHENTICATE, page("", 401))
    locked_out = session(site)
    for _ in range(3):
        with pytest.raises(PlannerError, match="does not accept"):
            locked_out.write(WRITE)
    assert len(site.asked(AUTHENTICATE)) == 1


@pytest.mark.parametrize("answer", [page("", 401), page("", 503), fails(httpx.ReadError)])
def test_no_secret_is_logged(site: Site, answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    site.on(AUTHENTICATE, answer)
    refused(site)
    assert PASSWORD not in caplog.text
