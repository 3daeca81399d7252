"""Structured logs: one JSON object a line on standard error, saying what happened to what, and why.

Dagster's own run logs go to its event log; this is for everything beside a run: resources and commands.
"""

from __future__ import annotations

import logging
from typing import TextIO

import stamina.instrumentation
import structlog

# What a retry is about. Not the arguments of the call that is repeated: they may hold a secret.
METRIC = ("metric", "value", "about")
RETRY = ("stamina.callable", "stamina.retry_num", "stamina.caused_by", "stamina.wait_for")


def configure_logging(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send our loggers through structlog, to standard error unless there is another `stream`.

    Safe to call more than once; foreign loggers stay as they are.
    """
    renderer = structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(allow=(*METRIC, *RETRY)),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(renderer)
    for name in ("assets", "resources", "schedules", "scheduling_pipeline", "sensors", "stamina"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False
    stamina.instrumentation.set_on_retry_hooks([stamina.instrumentation.LoggingOnRetryHook])
