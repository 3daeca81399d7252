"""Fixtures of the tests of course calendars."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.courses.school import School


@pytest.fixture
def school(engine: Engine) -> School:
    """A small school whose first files have not arrived yet."""
    return School(engine)
