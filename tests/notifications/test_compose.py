"""Changes in words, in as many messages as a channel needs."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.notifications.channels import CHANNELS, Channel
from scheduling_pipeline.notifications.compose import MARKUPS, compose, trial
from scheduling_pipeline.notifications.told import KINDS, Told, content_hash
from tests.notifications.owners import ADDED, MOVED, REMOVED

MONDAY, FRIDAY = date(2026, 3, 9), date(2026, 3, 13)
days = st.dates() | st.none()
numbers = st.text(max_size=30)
changes = st.builds(
    Told,
    kind=st.sampled_from(KINDS),
    order=numbers,
    store=numbers,
    place=st.text(max_size=60),
    dispensers=st.integers(0, 99),
    before=days,
    after=days,
    other_order=numbers | st.none(),
    other_store=numbers | st.none(),
)


def test_an_e_mail_tells_everything_kind_by_kind() -> None:
    [mail] = compose([MOVED, REMOVED, ADDED], "email", "https://desk.example/changes")

    assert mail.title == "3 changes to your work orders"
    assert mail.body == (
        "1 added, 1 removed, 1 moved\n\n"
        "Added (1)\n- W-110003 (store #1234, Springfield, IL, 1 dispenser): Tue 10 Mar 2026\n\n"
        "Removed (1)\n- W-110002 (store #77, Gary, IN, 4 dispensers): Fri 6 Mar 2026\n\n"
        "Moved (1)\n- W-110001 (store #1234, Springfield, IL, 8 dispensers):"
        " from Thu 5 Mar 2026 to Mon 9 Mar 2026\n\n"
        "See them: https://desk.example/changes"
    )


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            Told("swapped", "1", "#7", "", 0, MONDAY, FRIDAY, "2", "#8"),
            "W-1 (store #7): now Fri 13 Mar 2026, and W-2 (store #8) Mon 9 Mar 2026",
        ),
        (
            Told("replaced", "2", "#8", "", 0, MONDAY, MONDAY, "1", "#7"),
            "W-2 (store #8): in place of W-1 (store #7), Mon 9 Mar 2026",
        ),
        (Told("completed", "1", "", "", 0, after=MONDAY), "W-1: Mon 9 Mar 2026"),
        (Told("moved", "1", "", "", 0, None, MONDAY), "W-1: from no date to Mon 9 Mar 2026"),
    ],
)
def test_each_kind_has_its_own_words(change: Told, line: str) -> None:
    [mail] = compose([change], "email")
    assert mail.body.splitlines()[-1] == f"- {line}"
    assert mail.title == "1 change to your work orders"


def test_a_push_message_that_fits_is_one() -> None:
    [push] = compose([MOVED], "pushover")
    assert push.title == "1 change to your work orders"
    assert push.body.startswith("1 moved\n\n<b>Moved (1)</b>\n• W-110001")


def test_a_push_message_over_1024_characters_is_a_summary_and_then_each_kind() -> None:
    """Markup counts: with it, what is shown here would not fit into one message."""
    moved = [Told("moved", str(n), "#1", "Gary, IN", 2, MONDAY, FRIDAY) for n in range(20)]

    first, *others = compose([ADDED, *moved, REMOVED], "pushover", "https://desk.example/changes")

    assert first.title == "22 changes to your work orders 1/5"
    assert first.body == (
        '1 added, 1 removed, 20 moved\n\n<a href="https://desk.example/changes">See them</a>'
    )
    assert [part.title[-3:] for part in others] == ["2/5", "3/5", "4/5", "5/5"]
    assert [part.body.partition("\n")[0] for part in others] == [
        "<b>Added (1)</b>",
        "<b>Removed (1)</b>",
        "<b>Moved (20)</b>",
        "<b>Moved (20)</b>",
    ]


@given(st.lists(changes, min_size=1, max_size=40), st.sampled_from(CHANNELS))
def test_every_change_is_told_once_and_no_part_is_too_long(told: list[Told], channel: Channel) -> None:
    parts = compose(told, channel, "https://desk.example/changes")

    limit = MARKUPS[channel].limit
    assert limit is None or all(len(part.body) <= limit for part in parts)
    assert sum(part.body.count(f"{MARKUPS[channel].bullet}W-") for part in parts) >= len(told)
    assert all(part.title and part.body for part in parts)


def test_what_the_site_says_is_never_markup() -> None:
    odd = Told("added", "1", "<b>#1</b>", "A & B, *IN*", 0, after=MONDAY)
    [push], [card] = compose([odd], "pushover"), compose([odd], "teams")
    assert "&lt;b&gt;#1&lt;/b&gt;, A &amp; B" in push.body
    assert r"&lt;b>\#1&lt;/b>, A & B, \*IN\*" in card.body


@given(st.lists(changes, max_size=5))
def test_changes_survive_being_kept_and_their_hash_knows_no_order(told: list[Told]) -> None:
    assert [Told.from_json(change.as_json()) for change in told] == told
    assert content_hash(told) == content_hash(told[::-1])


@pytest.mark.parametrize("channel", CHANNELS)
def test_there_is_a_message_to_try_a_channel_out(channel: Channel) -> None:
    assert trial(channel).title == "Test message"
