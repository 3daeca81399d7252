"""Fixtures of the tests of calendars."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.calendars.memory import Calendars
from tests.calendars.student import term


@pytest.fixture
def calendars(engine: Engine) -> Calendars:
    """A student's calendar, as it should stand from before the term began."""
    return term(engine)
