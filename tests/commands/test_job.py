"""What the account of a run says about a step that failed: the fault in its own words."""

from __future__ import annotations

import dagster as dg
import pytest

from resources.directory import DirectoryError
from resources.graph_wire import GraphError
from scheduling_pipeline.commands.job import _report


def account(fault: Exception) -> str:
    """Let a step raise this; what is said about it."""

    @dg.op
    def step() -> None:
        raise fault

    @dg.job
    def failing() -> None:
        step()

    with dg.DagsterInstance.ephemeral() as instance:
        ran = failing.execute_in_process(instance=instance, raise_on_error=False)
        (said,) = _report(instance, ran.run_id).errors
        return said


def fault_with_cause() -> Exception:
    fault = DirectoryError("the directory could not be listed: 403 Denied")
    fault.__cause__ = GraphError(403, "Denied")
    return fault


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (DirectoryError("the site is down: it says so"), "the site is down: it says so"),
        (fault_with_cause(), "the directory could not be listed: 403 Denied"),
        (dg.Failure("nothing could be read", allow_retries=False), "nothing could be read"),
        (KeyError("room"), "KeyError: 'room'"),
        (DirectoryError(), "resources.directory.DirectoryError"),
    ],
)
def test_a_failed_step_is_told_in_the_words_of_what_it_raised(fault: Exception, words: str) -> None:
    assert account(fault) == f"step: {words}"
