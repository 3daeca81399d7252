"""What goes wrong is told in one shape to programs, and in a sentence to people."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.exc import OperationalError

from tests.desk.people import Office


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nowhere", 404, "NOT_FOUND"),
        ("PATCH", "/api/rotations", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/api/rotations", 422, "VALIDATION_ERROR"),
        ("GET", "/api/auto-schedule/status/999", 404, "NOT_FOUND"),
        ("GET", "/api/rotation-exceptions?first=soon", 422, "VALIDATION_ERROR"),
    ],
)
def test_programs_get_one_error_object(
    office: Office, method: str, path: str, status: int, code: str
) -> None:
    answer = office.person().ask(method, path)
    assert answer.status_code == status
    told = answer.json()
    assert told.keys() == {"success", "error"}
    assert told["success"] is False
    assert told["error"].keys() == {"code", "message", "details", "timestamp"}
    assert told["error"]["code"] == code
    assert told["error"]["message"].endswith(".")
    assert datetime.fromisoformat(told["error"]["timestamp"]).tzinfo is not None
    assert told["error"]["timestamp"].endswith("Z")


def test_a_wrong_method_names_the_right_ones(office: Office) -> None:
    assert "GET" in office.person().ask("PATCH", "/api/rotations").headers["allow"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nowhere", 404, "There is no such page."),
        ("/employees?page=0", 422, "page: Input should be greater than or equal to 1"),
        ("/audit?q=%00", 422, "characters that cannot be shown"),
        ("/exceptions?first=1066-10-14", 422, "first:"),
    ],
)
def test_people_get_a_page(office: Office, path: str, status: int, words: str) -> None:
    answer = office.person().look(path, accept="text/html")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert words in answer.text
    assert "To the dashboard" in answer.text


def test_half_a_character_is_refused_and_answered(office: Office) -> None:
    headers = {"Content-Type": "application/json"}
    manager = office.person()
    headers["X-CSRF-Token"] = manager.token
    for body in ('{"juicer": {"monday": "\\ud800"}, "primary_lead": {}}', '{"\\ud800": 1}', "{", "\x00"):
        answer = manager.client.post("/api/rotations", content=body, headers=headers)
        assert answer.status_code == 422, body
        assert answer.json()["error"]["code"] == "VALIDATION_ERROR"


def test_a_form_with_what_cannot_be_kept_is_refused(office: Office) -> None:
    answer = office.person().send("/holidays", {"name": "a\0b", "date": "2026-07-03"})
    assert answer.status_code == 400
    assert "characters that cannot be kept" in answer.text


def test_a_database_that_does_not_answer_is_told_as_that(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("SELECT secret", {}, Exception("disk I/O error"))

    monkeypatch.setattr("scheduling_pipeline.desk.routes.rotations.rotations", fail)
    answer = office.person().look("/api/rotations")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "DATABASE_ERROR"
    assert "secret" not in answer.text


def test_the_routes_are_described_for_people_and_programs(office: Office) -> None:
    manager = office.person()
    document = manager.look("/openapi.json").json()
    assert document["paths"]["/api/rotations"]["post"]
    page = manager.look("/docs").text
    for path in ("/api/auto-schedule/run", "/api/rotation-exception", "/api/rotations"):
        assert path in page
    assert "employee_id" in page  # what a route takes
