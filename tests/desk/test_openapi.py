"""Whatever a program sends, the desk answers as its own description says, and never fails.

Each operation gets the same requests each time, half of them about what there is, from somebody who may do
everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, checks
from schemathesis.checks import CheckFunction
from schemathesis.schemas import APIOperation
from sqlalchemy import create_engine

from scheduling_pipeline.desk.csrf import HEADER
from scheduling_pipeline.desk.sessions import COOKIE
from tests.desk import scene, schedules
from tests.desk.people import Office, Person

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]
AnyCase: TypeAlias = Case[Operation]

EXAMPLES = 25
EXISTING: Mapping[str, Sequence[Any]] = {  # what there is, by the name of a parameter or of a field
    "run_id": (scene.SUBMITTED, scene.WAITING),
    "row_id": (scene.REFUSED, scene.PROPOSED),
    "employee_id": ("US100001", "US100005"),
    "event_id": (30_000_001, 30_000_004),
    "date": ("2026-03-05",),
    "schedule_datetime": ("2026-03-05T09:45", "2026-03-06T10:30:00-05:00"),
    "digest": (scene.DIGEST,),
    "schedule_id": (schedules.SCHEDULE,),
    "history_id": (schedules.FAILED,),
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


@st.composite
def requests(draw: st.DrawFn, operation: Operation, existing: Mapping[str, Sequence[Any]]) -> AnyCase:
    """A request that the description allows, or one that it does not."""
    case: AnyCase = draw(operation.as_strategy(draw(st.sampled_from(GenerationMode))))
    if draw(st.booleans()):
        for part in (case.path_parameters, case.query, case.body):
            if isinstance(part, dict):
                for name in sorted(part.keys() & existing.keys()):
                    part[name] = draw(st.sampled_from(existing[name]))
    return case


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_as_described(
    admin: Person, filled: tuple[Path, str], method: str, path: str
) -> None:
    existing = {**EXISTING, "revision": (filled[1],)}
    app, cookies = admin.client.app, {COOKIE: admin.client.cookies[COOKIE]}

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(requests(SCHEMA[path][method], existing))
    def answers(case: AnyCase) -> None:
        case.call_and_validate(
            headers={HEADER: admin.token}, cookies=cookies, checks=CHECKS, app=app, allow_redirects=False
        )

    answers()
