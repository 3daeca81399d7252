"""The page on which somebody says what they want to be told of and how, and sees what they were told."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import time, timedelta

import pytest
from pydantic import SecretStr

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.desk.data.notifications_preview import readable
from scheduling_pipeline.notifications.channels import CHANNELS, Channel, Email, Pushover, Teams
from scheduling_pipeline.notifications.compose import compose
from scheduling_pipeline.notifications.outbox import Sent, claim, settle
from scheduling_pipeline.notifications.owners import channels, load_keys, load_preferences
from scheduling_pipeline.notifications.preferences import Preferences
from scheduling_pipeline.notifications.told import Told
from scheduling_pipeline.work_orders.model import Place
from scheduling_pipeline.work_orders_settings import WorkOrdersSettings
from tests.desk.own_work import MONDAY, Owner, order, owner
from tests.desk.people import NOW, Office
from tests.desk.reviewing import text_of

PAGE = "/notifications"
CHANNEL = f"{PAGE}/channels"
USER, TOKEN = "u" * 30, "t" * 30
EMAIL, PUSHOVER = Email("olive@example.com"), Pushover(USER, TOKEN)
WORKFLOW = (
    "https://prod-1.westeurope.logic.azure.com/workflows/643e/triggers/manual/paths/invoke"
    "?api-version=2016-06-01&sp=%2Ft&sv=1.0&sig=signature"
)


@pytest.fixture
def olive(both: Office) -> Owner:
    return owner(both)


def preferences(olive: Owner) -> Preferences:
    with olive.engine.connect() as connection:
        return load_preferences(connection, olive.id)


def on(olive: Owner) -> dict[str, bool]:
    with olive.engine.connect() as connection:
        return {one.channel: one.enabled for one in channels(connection, olive.id)}


class TestWhat:
    def test_the_usual_is_ticked_before_anything_was_said(self, olive: Owner) -> None:
        page = olive.person.look(PAGE)
        ticked = re.findall(r'name="kind:(\w+)" checked', page.text)
        assert ticked == ["added", "removed", "moved", "swapped", "replaced"]
        assert "You are told of nothing yet: set up a channel below." in text_of(page)

    def test_what_is_saved_is_what_is_ticked(self, olive: Owner) -> None:
        olive.read(order(1), replace(order(2), place=Place("#77", city="Gary", region="IN")))
        fields = {
            "kind:moved": "on",
            "store:#77": "on",
            "place:Gary, IN": "on",
            "when": "daily",
            "digest_at": "18:30",
            "zone": "America/Chicago",
        }
        assert olive.person.send(PAGE, fields).headers["location"] == f"{PAGE}?notice=saved"
        saved = preferences(olive)
        assert [list(one) for one in (saved.kinds, saved.stores, saved.places)] == [
            ["moved"],
            ["#77"],
            ["Gary, IN"],
        ]
        assert (saved.digest_at, saved.zone.key) == (time(18, 30), "America/Chicago")
        page = olive.person.look(PAGE).text
        assert 'name="store:#77" checked' in page
        assert 'name="store:#1001">' in page
        assert 'value="18:30"' in page
        assert 'value="America/Chicago"' in page
        (audited,) = olive.office.audit("notifications.save")
        assert audited.after["digest"] == "18:30 America/Chicago"

    def test_at_once_forgets_the_time(self, olive: Owner) -> None:
        usual = {"kind:added": "on", "digest_at": "18:30", "zone": "America/Chicago"}
        olive.person.send(PAGE, {**usual, "when": "daily"})
        at_once = {**usual, "zone": "", "when": "now"}  # what is not asked for then may be left out
        assert olive.person.send(PAGE, at_once).status_code == 303
        assert preferences(olive).digest_at is None

    def test_all_that_is_wrong_is_said_at_once(self, olive: Owner) -> None:
        answer = olive.person.send(PAGE, {"when": "daily", "digest_at": "25:00", "zone": "Mars/Olympus"})
        assert answer.status_code == 400
        said = html.unescape(answer.text)
        assert "'25:00' is none such as 07:00." in said
        assert "'Mars/Olympus' is no time zone" in said
        assert preferences(olive) == Preferences()


class TestChannels:
    @pytest.mark.parametrize(
        ("channel", "fields", "keys"),
        [
            ("email", {"address": "olive@example.com"}, EMAIL),
            (
                "pushover",
                {"user": USER, "token": TOKEN, "priority": "1", "sound": "bike"},
                Pushover(USER, TOKEN, 1, "bike"),
            ),
            ("teams", {"url": WORKFLOW}, Teams(WORKFLOW)),
        ],
    )
    def test_keys_are_kept_encrypted_and_never_shown_again(
        self, olive: Owner, channel: str, fields: dict[str, str], keys: object
    ) -> None:
        assert olive.person.send(f"{CHANNEL}/{channel}", fields).status_code == 303
        cipher = Cipher(olive.office.work_orders.key.get_secret_value())
        assert load_keys(olive.engine, cipher, olive.id, channel) == keys  # type: ignore[arg-type]
        assert on(olive) == {channel: True}
        (audited,) = olive.office.audit("notifications.keys")
        for secret in ("olive@example.com", USER, TOKEN, "signature"):
            assert secret not in olive.person.look(PAGE).text
            assert secret not in str(audited)

    @pytest.mark.parametrize("field", ["user", "token"])
    @pytest.mark.parametrize("key", ["u" * 29, "u" * 31, "u" * 29 + "-"])
    def test_pushover_keys_have_30_letters_and_digits(self, olive: Owner, field: str, key: str) -> None:
        answer = olive.person.send(f"{CHANNEL}/pushover", {"user": USER, "token": TOKEN, field: key})
        assert answer.status_code == 400
        assert "must be 30 letters and digits" in answer.text
        assert key not in answer.text
        assert on(olive) == {}

    @pytest.mark.parametrize(
        ("channel", "fields", "said"),
        [
            ("email", {"address": "nobody"}, "This is no e-mail address."),
            ("email", {}, "The address is missing."),
            ("teams", {"url": "https://example.com/?sig=key-1"}, "This is no address of a Teams workflow"),
            (
                "pushover",
                {"user": USER, "token": TOKEN, "priority": "9"},
                "The priority must be from -2 to 2.",
            ),
        ],
    )
    def test_what_are_no_keys_is_refused(
        self, olive: Owner, channel: str, fields: dict[str, str], said: str
    ) -> None:
        answer = olive.person.send(f"{CHANNEL}/{channel}", fields)
        assert answer.status_code == 400
        assert said in answer.text
        assert "key-1" not in answer.text

    def test_a_channel_is_switched_off_and_on_and_deleted(self, olive: Owner) -> None:
        olive.reach_by(EMAIL)
        olive.person.send(f"{CHANNEL}/email/switch")
        assert on(olive) == {"email": False}
        page = text_of(olive.person.look(PAGE))
        assert "all your channels are off" in page
        assert "Send a test message" not in page
        olive.person.send(f"{CHANNEL}/email/switch", {"enabled": "on"})
        assert on(olive) == {"email": True}
        olive.person.send(f"{CHANNEL}/email/delete")
        assert on(olive) == {}
        for what in ("switch", "delete", "test"):
            assert olive.person.send(f"{CHANNEL}/email/{what}").status_code == 404

    def test_nothing_can_be_set_up_where_keys_cannot_be_encrypted(self, both: Office) -> None:
        olive = owner(replace(both, work_orders=WorkOrdersSettings(key=SecretStr(""))))
        page = olive.person.look(PAGE).text
        assert "WORK_ORDERS_KEY" in page
        assert 'name="token"' not in page
        answer = olive.person.send(f"{CHANNEL}/email", {"address": "olive@example.com"})
        assert answer.status_code == 503


class TestTrial:
    def send(self, olive: Owner) -> str:
        olive.reach_by(EMAIL)
        return str(olive.person.send(f"{CHANNEL}/email/test").headers["location"])

    def test_it_is_on_its_way_and_followed(self, olive: Owner) -> None:
        page = olive.person.look(self.send(olive))
        assert "Test message by e-mail: on its way" in text_of(page)
        assert 'data-message="/api/notifications/messages/1"' in page.text

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            (Sent("sent"), "Test message by e-mail: sent (Today at 9:00 AM EST)."),
            (Sent("refused", "no mail server is set"), "it could not be sent: no mail server is set"),
            (Sent("unknown", "the line was cut"), "it may have arrived: the line was cut"),
            (Sent("again", "the server is busy"), "not sent yet, it is tried again: the server is busy"),
        ],
        ids=["sent", "refused", "unknown", "again"],
    )
    def test_its_outcome_is_told_as_it_was(self, olive: Owner, sent: Sent, said: str) -> None:
        where = self.send(olive)
        delivery = claim(olive.engine, NOW)
        assert delivery
        settle(olive.engine, delivery, sent, NOW)
        page = olive.person.look(where)
        assert said in text_of(page)
        assert ("data-message=" in page.text) is (sent.verdict == "again")

    def test_the_outcome_of_somebody_elses_is_not_shown(self, olive: Owner) -> None:
        where = self.send(olive)
        other = owner(olive.office, name="Otto Other")
        assert "Test message by" not in text_of(other.person.look(where))


class TestPreview:
    def test_invented_changes_for_somebody_who_has_none(self, olive: Owner) -> None:
        text = text_of(olive.person.look(PAGE))
        assert "so these are invented" in text
        assert "5 changes to your work orders" in text

    def test_the_latest_changes_as_they_would_be_told(self, olive: Owner) -> None:
        olive.read(order(1))
        olive.read(order(1), order(2, 3), hours=1)
        text = text_of(olive.person.look(PAGE))
        assert "Your latest change, by what you chose" in text
        assert "W-110002 (store #1002, Springfield, OH, 8 dispensers): Thu 5 Mar 2026" in text
        assert "invented" not in text

    def test_what_was_not_chosen_is_not_in_it(self, olive: Owner) -> None:
        olive.read(order(1))
        olive.read(order(1), order(2, 3), hours=1)
        olive.person.send(PAGE, {"kind:moved": "on", "when": "now", "zone": "UTC"})
        assert "W-110002" not in olive.person.look(PAGE).text.split('id="preview"')[1].split('id="log"')[0]
        olive.person.send(PAGE, {"when": "now", "zone": "UTC"})
        assert "You chose no kind of change" in olive.person.look(PAGE).text

    def test_case_25_a_long_message_is_parted(self, olive: Owner) -> None:
        olive.read(order(1))
        town = Place("#123456789012345", city="Upper Marlow Springs by the Lake", region="NC")
        olive.read(order(1), *(replace(order(n, n), place=town) for n in range(10, 40)), hours=1)
        text = text_of(olive.person.look(PAGE))
        assert re.search(r"By Pushover \d messages of at most 1,024 characters", text)
        assert "By e-mail one message" in text
        assert "12 changes to your work orders 2/" in text

    @pytest.mark.parametrize("channel", CHANNELS)
    def test_a_message_reads_as_its_channel_shows_it(self, channel: Channel) -> None:
        day = MONDAY + timedelta(days=1)
        told = [Told("added", "110_001", "#77", "<Gary> & *Co*", 4, after=day)]
        [part] = compose(told, channel, "https://desk.example/changes")
        shown = readable(channel, part.body)
        assert "W-110_001 (store #77, &lt;Gary&gt; &amp; *Co*, 4 dispensers)" in shown
        assert ("<b>Added (1)</b>" in shown) is (channel != "email")
        assert ('<a href="https://desk.example/changes">See them</a>' in shown) is (channel != "email")


def test_the_log_says_what_became_of_each_message_and_why(olive: Owner) -> None:
    assert "You were told of nothing yet." in olive.person.look(PAGE).text
    olive.reach_by(EMAIL, PUSHOVER)
    olive.read(order(1))
    olive.read(order(1), order(2, 3), hours=1)
    while delivery := claim(olive.engine, NOW):
        by_mail = delivery.channel == "email"
        settle(
            olive.engine, delivery, Sent("sent") if by_mail else Sent("refused", "user key is invalid"), NOW
        )
    log = text_of(olive.person.look(PAGE)).split("What you were told lately")[1]
    assert "Changes 1 change to your work orders" in log
    assert "e-mail: sent Pushover: failed user key is invalid" in log


def test_everybody_sees_and_changes_their_own_alone(olive: Owner) -> None:
    olive.reach_by(EMAIL)
    olive.read(order(1))
    olive.read(order(1), order(2, 3), hours=1)
    olive.person.send(PAGE, {"kind:moved": "on", "when": "now", "zone": "UTC"})
    other = owner(olive.office, name="Otto Other")
    page = other.person.look(PAGE).text
    assert "W-110002" not in page
    assert "#1001" not in page
    assert "You were told of nothing yet." in page
    assert 'name="kind:added" checked' in page
    for what in ("switch", "delete", "test"):
        assert other.person.send(f"{CHANNEL}/email/{what}").status_code == 404
    assert on(olive) == {"email": True}
