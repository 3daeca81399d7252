"""Who gets in: every route refuses whom it must, and every change must come from one of our own pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from scheduling_pipeline.desk.app import ROUTERS
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.desk.routes import sign_in
from scheduling_pipeline.roster_settings import DeskSettings
from tests.desk.people import Office

PUBLIC = {"/healthz", "/sign-in"}
FOR_ADMINS, FOR_MANAGERS_TO_SEE = ("/users",), ("/audit",)
FOR_EVERYBODY = (  # to change also: what is theirs alone
    "/sign-out",
    *("/api/scraping-schedules", "/scrape-schedules", "/scrape-history"),
    *("/account", "/api/workfossa-account"),
    *("/notifications", "/api/notifications"),
)
NUMBERS = {"employee_id": "US100001", "kind": "day", "digest": "abc123", "section": "new"}


def guarded(app: FastAPI) -> Iterator[tuple[str, str, Role]]:
    """Method, address and least role of every route that is not for everybody, as this test has it."""
    for path, methods in app.openapi()["paths"].items():
        if path in PUBLIC:
            continue
        address = path
        for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
            address = address.replace(f"{{{name}}}", NUMBERS.get(name, "1"))
        for method in methods:
            yield method.upper(), address, least(method.upper(), path)


def least(method: str, path: str) -> Role:
    if path.startswith(FOR_ADMINS):
        return Role.ADMIN
    if path.startswith(FOR_EVERYBODY):
        return Role.VIEWER
    if method != "GET" or path.startswith(FOR_MANAGERS_TO_SEE):
        return Role.MANAGER
    return Role.VIEWER


def test_the_table_has_every_route(office: Office) -> None:
    app = office.app
    routers = [sign_in.router, *(router for router, _ in ROUTERS)]
    routes = {
        (method, route.path)
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    described = {
        (method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods
    }
    assert described == routes
    assert {path for _, path in routes} > PUBLIC
    assert not any(isinstance(route, APIRoute) for route in app.routes)  # all come by a guarded router


def test_nobody_gets_in_without_signing_in(office: Office) -> None:
    app = office.app
    client = office.anybody(app)
    for method, address, _ in guarded(app):
        page = client.request(method, address)
        if address.startswith("/api/"):
            assert page.status_code == 401, (method, address)
            assert page.json()["error"]["code"] == "SIGN_IN_NEEDED"
        else:
            assert page.status_code == 303, (method, address)
            assert page.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_what_is_for_it_and_nothing_more(office: Office, role: Role) -> None:
    app = office.app
    for number, (method, address, needed) in enumerate(guarded(app)):
        somebody = office.person(role, name=f"{role} {number}", app=app)
        answer = somebody.ask(method, address, {})
        if role.covers(needed):
            assert answer.status_code not in {401, 403, 500}, (method, address)
        else:
            assert answer.status_code == 403, (method, address)
            assert answer.json()["error"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("token", [None, "", "wrong", "é" * 43])
def test_a_change_needs_the_sessions_token(office: Office, token: str | None) -> None:
    app = office.app
    admin = office.person(Role.ADMIN, app=app)
    for method, address, _ in guarded(app):
        if method == "GET":
            continue
        form = admin.client.request(method, address, data={} if token is None else {"csrf_token": token})
        assert form.status_code == 403, (method, address)
        headers = {} if token is None else {"X-CSRF-Token": token.encode()}
        called = admin.client.request(method, address, json={}, headers=headers)
        assert called.status_code == 403, (method, address)
        assert called.json()["error"]["code"] == "CSRF"


def test_anothers_token_does_not_help(office: Office) -> None:
    app = office.app
    mia, noa = office.person(name="Mia", app=app), office.person(name="Noa", app=app)
    mia.token = noa.token
    assert mia.send("/holidays", {"name": "Fair", "date": "2026-07-01"}).status_code == 403
    assert not office.audit("holiday.add")


def test_every_answer_has_the_secure_headers(office: Office) -> None:
    app = office.app
    viewer = office.person(Role.VIEWER, app=app)
    addresses = ["/", "/sign-in", "/nowhere", "/healthz", "/api/nowhere", "/users"]
    for address in addresses:
        headers = viewer.look(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in headers


def test_an_unexpected_failure_tells_nothing_and_is_as_safe(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduling_pipeline.desk.routes.holidays.holidays", lambda *_: 1 / 0)
    page = office.person().look("/holidays")
    assert page.status_code == 500
    assert "ZeroDivision" not in page.text
    assert "written to the log" in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


def test_static_files_may_be_kept(office: Office) -> None:
    client = office.anybody()
    page = client.get("/sign-in").text
    for name in ("desk.css", "desk.js", "desk.svg"):
        (address,) = [part for part in page.split('"') if part.startswith(f"/static/{name}?v=")]
        answer = client.get(address)
        assert answer.status_code == 200
        assert "max-age" in answer.headers["cache-control"]


def test_behind_https_the_browser_is_told_to_stay_there(office: Office) -> None:
    office.desk = DeskSettings(url="https://desk.example.com")
    assert office.anybody().get("/sign-in").headers["strict-transport-security"]


def test_pages_have_neither_inline_scripts_nor_styles_nor_anything_from_elsewhere(office: Office) -> None:
    app = office.app
    admin = office.person(Role.ADMIN, app=app)
    office.employ("US100001", "Event Specialist")
    for method, address, _ in guarded(app):
        if method != "GET" or address.startswith("/api/"):
            continue
        page = admin.look(address)
        assert page.status_code in {200, 404}, address
        text = page.text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        assert text.count("<script") == text.count('<script src="/static/')
        assert "//cdn" not in text
