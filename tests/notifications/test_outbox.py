"""Each part is sent once: failures are tried again, in order, and nothing that may have arrived is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.notifications.outbox import (
    CUT_OFF,
    WAITS,
    Sent,
    Verdict,
    claim,
    give_up_cut_off,
    log,
    note,
    purge,
    queue,
    settle,
)
from scheduling_pipeline.notifications.parts import Part, packed
from scheduling_pipeline.notifications.telling import tell_changes
from tests.notifications.owners import MOVED, NOW, add_owner
from tests.notifications.test_telling import DAILY, EMAIL

LATER = NOW + timedelta(days=1)


def put(engine: Engine, *bodies: str, channel: str = "E-Mail") -> None:
    """A message to the operators, in so many parts."""
    with engine.begin() as connection:
        told = note(connection, kind="outcome", state="queued", content_hash="", created_at=NOW)
        queue(connection, told, channel, [Part("title", body) for body in bodies], "address")


def states(engine: Engine) -> list[str]:
    return [entry.state for entry in log(engine, None)]


def test_parts_are_sent_in_their_order(engine: Engine) -> None:
    put(engine, "1", "2")

    first = claim(engine, NOW)

    assert first is not None
    assert first.body == "1"
    assert claim(engine, NOW) is None  # the second one waits
    settle(engine, first, Sent("sent"), NOW)
    second = claim(engine, NOW)
    assert second is not None
    assert second.body == "2"


def test_one_message_does_not_wait_for_another(engine: Engine) -> None:
    put(engine, "1", "2")
    put(engine, "other")
    assert [delivery.body for delivery in (claim(engine, NOW), claim(engine, NOW)) if delivery] == [
        "1",
        "other",
    ]


def test_what_failed_lets_what_is_new_go_first(engine: Engine) -> None:
    put(engine, "failed")
    failed = claim(engine, NOW)
    assert failed is not None
    settle(engine, failed, Sent("again", "busy"), NOW)
    put(engine, "new")

    later = NOW + timedelta(minutes=1)
    assert [delivery.body for delivery in (claim(engine, later), claim(engine, later)) if delivery] == [
        "new",
        "failed",
    ]


@pytest.mark.parametrize(
    ("verdict", "state"),
    [("sent", "sent"), ("again", "pending"), ("refused", "failed"), ("unknown", "unknown")],
)
def test_the_outcome_is_in_the_log(engine: Engine, verdict: Verdict, state: str) -> None:
    put(engine, "1")
    delivery = claim(engine, NOW)
    assert delivery is not None

    settle(engine, delivery, Sent(verdict, "because"), NOW)

    [entry] = log(engine, None)
    assert (entry.state, entry.detail, entry.sent_at) == (state, "because", NOW if state == "sent" else None)


def test_what_failed_is_tried_a_few_times_ever_later(engine: Engine) -> None:
    put(engine, "1")
    now = NOW
    for wait in WAITS:
        delivery = claim(engine, now)
        assert delivery is not None
        settle(engine, delivery, Sent("again", "busy"), now)
        assert claim(engine, now + wait - timedelta(seconds=1)) is None
        now += wait
    delivery = claim(engine, now)
    assert delivery is not None
    settle(engine, delivery, Sent("again", "busy"), now)

    assert states(engine) == ["failed"]
    assert claim(engine, LATER) is None


def test_what_was_cut_off_is_not_sent_again(engine: Engine) -> None:
    put(engine, "1")
    assert claim(engine, NOW) is not None

    assert give_up_cut_off(engine, NOW + CUT_OFF) == 0
    assert give_up_cut_off(engine, NOW + CUT_OFF + timedelta(seconds=1)) == 1

    assert claim(engine, LATER) is None
    [entry] = log(engine, None)
    assert (entry.state, entry.detail) == (
        "unknown",
        "the process ended while it was being sent: it may have arrived",
    )


def test_old_messages_are_forgotten_but_not_what_waits_for_a_digest(engine: Engine) -> None:
    mona = add_owner(engine, EMAIL, preferences=DAILY)
    put(engine, "1")
    with engine.begin() as connection:
        tell_changes(connection, mona, [MOVED], NOW)

    assert purge(engine, NOW) == 0
    assert purge(engine, LATER) == 1
    assert [entry.state for entry in log(engine, mona)] == ["waiting"]


def test_a_line_that_cannot_fit_is_a_fault() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        packed("heading", ["x" * 100], 100)
