"""Whatever a program sends, the desk answers as its own description says, and never fails.

Each operation gets the same requests each time, half of them about what there is, from somebody who may do
everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, checks
from schemathesis.checks import CheckFunction
from schemathesis.schemas import APIOperation
from sqlalchemy import create_engine

from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.desk.csrf import HEADER
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.desk.sessions import COOKIE
from scheduling_pipeline.roster_settings import DeskSettings
from tests.databases import copied
from tests.desk import scene
from tests.desk.people import Office, Person

EXAMPLES = 25
PATIENT = DeskSettings(sign_ins_per_minute=10_000, runs_per_hour=10_000)
EXISTING: Mapping[str, Any] = {
    "run_id": scene.WAITING,
    "employee_id": "US100001",
    "event_id": 30_000_001,
    "schedule_datetime": "2026-03-05T09:45",
    "digest": scene.DIGEST,
}
CHECKS: list[CheckFunction] = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
DOCUMENT = Office(create_engine("sqlite://")).app.openapi()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]


@pytest.fixture(scope="session")
def filled(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with something on every page, to copy."""
    path = tmp_path_factory.mktemp("desk") / "filled.db"
    engine = connect(copied(migrated_sqlite, path))
    scene.fill(engine)
    engine.dispose()
    return path


@pytest.fixture
def admin(filled: Path, tmp_path: Path) -> Iterator[Person]:
    """Somebody who may do everything, on a desk of their own."""
    engine = connect(copied(filled, tmp_path / "desk.db"))
    yield Office(engine, desk=PATIENT).person(Role.ADMIN)
    engine.dispose()


@st.composite
def requests(draw: st.DrawFn, operation: APIOperation[Any, Any, Any]) -> Case:
    """A request that the description allows, or one that it does not."""
    case: Case = draw(operation.as_strategy(draw(st.sampled_from(GenerationMode))))
    if draw(st.booleans()):
        for part in (case.path_parameters, case.query, case.body):
            if isinstance(part, dict):
                part.update({name: EXISTING[name] for name in part.keys() & EXISTING.keys()})
    return case


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_as_described(admin: Person, method: str, path: str) -> None:
    signed_in = {"cookies": {COOKIE: admin.client.cookies[COOKIE]}, "headers": {HEADER: admin.token}}

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(requests(SCHEMA[path][method]))
    def answers(case: Case) -> None:
        case.call_and_validate(app=admin.client.app, **signed_in, checks=CHECKS, allow_redirects=False)

    answers()
