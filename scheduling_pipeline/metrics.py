"""Numbers that are worth watching, as lines of the structured log: a name, a value, and what it is about."""

from __future__ import annotations

import logging

logger = logging.getLogger(__name__)

TICKS = "scheduler.tick.count"
TICKS_SKIPPED = "scheduler.tick.skipped_overlap.count"
DOWNLOADS = "syncjob.download.success.count"
DOWNLOADS_FAILED = "syncjob.download.failure.count"
SYNC_MILLISECONDS = "syncjob.duration.ms"


def emit(metric: str, value: float, about: str) -> None:
    """Log one number. `about` names the job, the sensor or the run it belongs to."""
    logger.info("%s %s", metric, value, extra={"metric": metric, "value": value, "about": about})
