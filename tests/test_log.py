"""Logs: one JSON object a line, which says what is tried again, why, and after how long; no arguments."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import stamina

from scheduling_pipeline.log import configure_logging

NAMES = ("assets", "resources", "schedules", "scheduling_pipeline", "stamina")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """The handlers of this test write to a stream that is closed after it."""
    loggers = [logging.getLogger(name) for name in NAMES]
    before = [(one.handlers, one.level, one.propagate) for one in loggers]
    yield
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def test_a_retry_says_what_why_and_how_long_but_not_with_which_arguments(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tries: list[str] = []

    @stamina.retry(on=ConnectionError, attempts=2, wait_initial=0.01, wait_max=0.01, wait_jitter=0)
    def fetch(password: str) -> None:
        tries.append(password)
        if len(tries) == 1:
            raise ConnectionError("reset by peer")

    configure_logging()
    fetch("hush-hush")

    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert told["event"] == "stamina.retry_scheduled"
    assert "fetch" in told["stamina.callable"]
    assert "reset by peer" in told["stamina.caused_by"]
    assert told["stamina.wait_for"] == 0.01
    assert "hush-hush" not in line
