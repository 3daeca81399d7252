"""Signing in and out: passwords, sessions, limits, and where one goes then."""

from __future__ import annotations

import pytest
from httpx import QueryParams, Response
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from scheduling_pipeline.database.desk import DeskSession, DeskUser
from scheduling_pipeline.desk import sessions, users
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.desk.routes.sign_in import own_path
from scheduling_pipeline.roster_settings import DeskSettings
from tests.desk.people import NOW, Office

PASSWORD = "correct horse battery"


def let_in(office: Office, name: str = "Mia Vale", role: Role = Role.MANAGER) -> None:
    users.add_user(office.engine, name, role, PASSWORD, who="the test", now=NOW)


def sign_in(client: TestClient, name: str = "Mia Vale", password: str = PASSWORD, **more: str) -> Response:
    answer: Response = client.post("/sign-in", data={"name": name, "password": password, **more})
    return answer


def test_a_password_opens_a_session(both: Office) -> None:
    let_in(both)
    client = both.anybody()
    answer = sign_in(client, next="/rotations")
    assert (answer.status_code, answer.headers["location"]) == (303, "/rotations")
    assert "Mia Vale" in client.get("/rotations").text
    assert [row.who for row in both.audit("sign-in")] == ["Mia Vale"]


def test_neither_password_nor_key_is_kept(both: Office) -> None:
    let_in(both)
    client = both.anybody()
    sign_in(client)
    with both.engine.connect() as connection:
        kept = connection.execute(select(DeskUser.password_hash)).scalar_one()
        (session,) = connection.execute(select(DeskSession.__table__)).all()
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    assert client.cookies[sessions.COOKIE] not in session.key_hash


@pytest.mark.parametrize(("url", "secure"), [("http://desk.test", False), ("https://desk.test", True)])
def test_the_cookie_is_out_of_reach(office: Office, url: str, *, secure: bool) -> None:
    office.desk = DeskSettings(url=url)
    let_in(office)
    cookie = sign_in(office.anybody()).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ("Secure" in cookie) == secure


@pytest.mark.parametrize(("name", "password"), [("Mia Vale", "wrong"), ("Nobody", PASSWORD), ("", "")])
def test_a_wrong_name_or_password_is_told_alike(office: Office, name: str, password: str) -> None:
    let_in(office)
    client = office.anybody()
    answer = sign_in(client, name, password)
    assert answer.status_code == 401
    assert "Name or password is wrong." in answer.text
    assert sessions.COOKIE not in client.cookies


@pytest.mark.parametrize("name", ["mia vale", "  MIA VALE ", "élodie ÉTÉ"])
def test_the_case_of_a_name_does_not_matter(office: Office, name: str) -> None:
    let_in(office)
    let_in(office, "Élodie Été")
    assert sign_in(office.anybody(), name).status_code == 303


def test_each_sign_in_has_its_own_key(office: Office) -> None:
    let_in(office)
    client = office.anybody()
    keys = set()
    for _ in range(2):
        client.cookies.clear()
        sign_in(client)
        keys.add(client.cookies[sessions.COOKIE])
    assert len(keys) == 2


def test_a_session_ends_by_itself(both: Office) -> None:
    let_in(both)
    client = both.anybody()
    sign_in(client)
    both.clock.pass_by(hours=11.9)
    assert client.get("/rotations").status_code == 200
    both.clock.pass_by(hours=0.2)
    assert client.get("/rotations").headers["location"] == "/sign-in?next=/rotations"


def test_sessions_that_ended_are_cleared_away(both: Office) -> None:
    let_in(both)
    sign_in(both.anybody())
    both.clock.pass_by(hours=13)
    sign_in(both.anybody())
    with both.engine.connect() as connection:
        assert len(connection.execute(select(DeskSession.key_hash)).all()) == 1


def test_signing_out_ends_the_session_for_good(both: Office) -> None:
    mia = both.person()
    key = mia.client.cookies[sessions.COOKIE]
    answer = mia.send("/sign-out")
    assert answer.headers["location"].startswith("/sign-in")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    mia.client.cookies.set(sessions.COOKIE, key)
    assert mia.look("/").status_code == 303


def test_too_many_tries_for_a_name_have_to_wait(office: Office) -> None:
    let_in(office)
    client = office.anybody()
    answers = [sign_in(client, password="wrong").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    refused = sign_in(client)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert "try again in" in refused.text


def test_too_many_tries_from_an_address_have_to_wait(office: Office) -> None:
    client = office.anybody()
    answers = [sign_in(client, f"name {number}").status_code for number in range(6)]
    assert answers == [401] * 5 + [429]


def test_another_site_cannot_sign_somebody_in(office: Office) -> None:
    let_in(office)
    form = {"name": "Mia Vale", "password": PASSWORD}
    for origin in ("https://evil.example", "null"):
        assert office.anybody().post("/sign-in", data=form, headers={"origin": origin}).status_code == 403
    ours = office.anybody().post("/sign-in", data=form, headers={"origin": office.desk.url})
    assert ours.status_code == 303


def test_who_is_signed_in_goes_on(office: Office) -> None:
    assert office.person().look("/sign-in?next=/employees").headers["location"] == "/employees"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "///evil.example",
        "evil.example",
        "",
        "/é",
    ],
)
def test_nobody_is_sent_on_to_another_site(office: Office, wanted: str) -> None:
    let_in(office)
    assert sign_in(office.anybody(), next=wanted).headers["location"] == "/"
    again = office.person().look(f"/sign-in?{QueryParams({'next': wanted})}")
    assert again.headers["location"] == "/"


@given(st.text(st.characters(codec="utf-8")))
def test_onward_is_always_a_path_of_ours(wanted: str) -> None:
    path = own_path(wanted)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))


def test_names_are_text_not_markup(office: Office) -> None:
    page = sign_in(office.anybody(), '"><script>alert(1)</script>', "wrong").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_a_locked_out_person_is_out_at_once(both: Office) -> None:
    let_in(both)
    client = both.anybody()
    sign_in(client)
    user = users.user_named(both.engine, "mia vale")
    users.change_user(both.engine, user.id, role=user.role, is_active=False, who="Ada", now=NOW)
    assert client.get("/").status_code == 303
    assert sign_in(both.anybody()).status_code == 401


def test_health_is_told_to_everybody(office: Office) -> None:
    assert office.anybody().get("/healthz").text == "ok"
