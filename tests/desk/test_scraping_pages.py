"""The pages of the schedules: how they stand, and the form of each."""

from __future__ import annotations

import re

import pytest
from lxml.html import FormElement, HtmlElement, fromstring

from scheduling_pipeline.desk.outside import DaemonStatus, Outside
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.work_orders.history import Phase
from scheduling_pipeline.work_orders.runs import Runs
from scheduling_pipeline.work_orders.schedule import Trigger
from tests.desk.people import NOW, Office, Person
from tests.desk.schedules import API, begin, create, fail, succeed

PAGE = "/scrape-schedules"


@pytest.fixture
def tess(both: Office) -> Person:
    return both.person(Role.VIEWER, name="Tess Vale")


def text_of(person: Person, path: str = PAGE) -> str:
    answer = person.look(path)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", str(main_of(answer.text).text_content()))


def main_of(page: str) -> HtmlElement:
    (main,) = fromstring(page).iter("main")
    assert isinstance(main, HtmlElement)
    return main


def name_of(pressed: HtmlElement) -> str:
    return pressed.get("aria-label") or str(pressed.text_content()).strip()


def form_of(person: Person, path: str) -> dict[str, str]:
    """What the form of a page would send as it is."""
    forms = main_of(person.look(path).text).iter("form")
    form = next(one for one in forms if isinstance(one, FormElement) and "data-preview" in one.attrib)
    return {name: value for name, value in form.form_values() if name != "csrf_token"}


def test_without_a_schedule_there_is_one_to_make(tess: Person) -> None:
    page = tess.look(PAGE).text
    assert "You have no schedule yet." in page
    for kind in ("work_orders", "dispensers"):
        assert f"{PAGE}/new?schedule_type={kind}" in page


def test_the_form_has_sensible_defaults_and_makes_a_schedule(tess: Person) -> None:
    fields = form_of(tess, f"{PAGE}/new?schedule_type=dispensers")
    assert (fields["start"], fields["end"], fields["interval_hours"]) == ("6", "22", "1")
    assert "restricted" not in fields
    made = tess.send(f"{PAGE}/new", {**fields, "restricted": "yes"})
    assert made.headers["location"] == f"{PAGE}?notice=schedule-saved"
    (schedule,) = tess.look(API).json()
    assert schedule["schedule_type"] == "dispensers"
    assert schedule["active_hours"] == {"start": 6, "end": 22}
    shown = text_of(tess)
    for words in ("Dispensers", "active", "Today at 9:00 AM EST", "every hour, 6 AM to 10 PM"):
        assert words in shown


def test_a_form_that_is_sent_as_it_is_changes_nothing(tess: Person) -> None:
    first = create(tess, schedule_type="dispensers")["id"]
    made = create(
        tess,
        cron="30 6-20/2 * * 1-5",
        active_hours={"start": 20, "end": 8},
        zone="Europe/Zurich",
        holiday_country="CH",
        rest_days=["2026-12-31"],
        waits_for=first,
        enabled=False,
    )
    path = f"{PAGE}/{made['id']}"
    assert tess.send(path, form_of(tess, path)).status_code == 303
    assert tess.look(f"{API}/{made['id']}").json() == made


def test_the_restriction_is_switched_off(tess: Person) -> None:
    number = create(tess, active_hours={"start": 2, "end": 4})["id"]
    fields = form_of(tess, f"{PAGE}/{number}")
    assert fields.pop("restricted") == "yes"
    tess.send(f"{PAGE}/{number}", fields)
    assert "Today at 9:30 AM EST" in text_of(tess)


def test_until_midnight_can_be_entered(tess: Person) -> None:
    number = create(tess, active_hours={"start": 18, "end": 0})["id"]
    fields = form_of(tess, f"{PAGE}/{number}")
    assert fields["end"] == "24"
    tess.send(f"{PAGE}/{number}", fields)
    assert "6 PM to midnight" in text_of(tess)


def test_what_is_wrong_is_told_and_nothing_has_to_be_typed_twice(tess: Person) -> None:
    fields = {"interval_hours": "often", "zone": "America/New_York", "rest_days": "31.12.2026"}
    answer = tess.send(f"{PAGE}/new", fields)
    assert answer.status_code == 400
    assert "The interval: &#39;often&#39; is no number." in answer.text
    assert "is no date such as 2026-12-31" in answer.text
    assert 'value="often"' in answer.text
    refused = tess.send(f"{PAGE}/new", {**fields, "interval_hours": "25", "rest_days": ""})
    assert refused.status_code == 422
    assert "The interval must be 0.5 to 24 hours, not 25." in refused.text
    create(tess)
    again = tess.send(f"{PAGE}/new", {"zone": "America/New_York", "interval_hours": "1"})
    assert again.status_code == 400
    assert "already exists" in again.text


def test_pausing_and_resuming(tess: Person) -> None:
    number = create(tess)["id"]
    assert tess.send(f"{PAGE}/{number}/pause").headers["location"] == f"{PAGE}?notice=paused"
    shown = text_of(tess)
    assert "Not scheduled It does not run by itself now: it is paused." in shown
    tess.send(f"{PAGE}/{number}/resume")
    assert "Today at 9:30 AM EST" in text_of(tess)


def test_failures_are_shown_and_reset(both: Office, tess: Person) -> None:
    number = create(tess)["id"]
    for _ in range(5):
        fail(both.engine, tess, NOW)
    shown = text_of(tess)
    for words in ("failed", "the site is down", "5 failures in a row", "reset it to go on", "Error log"):
        assert words in shown
    form = text_of(tess, f"{PAGE}/{number}")
    assert "Not scheduled It does not run by itself: it stopped after 5 failures in a row" in form
    assert "Saving resets it: its 5 failures in a row are forgiven" in form
    assert tess.send(f"{PAGE}/{number}/reset").headers["location"] == f"{PAGE}?notice=reset"
    assert "Today at 9:30 AM EST" in text_of(tess)


@pytest.mark.parametrize(
    ("failures", "kind", "words"), [(0, "good", "active"), (1, "warn", "last run failed")]
)
def test_a_badge_is_a_word_and_a_shape(
    both: Office, tess: Person, failures: int, kind: str, words: str
) -> None:
    create(tess)
    for _ in range(failures):
        fail(both.engine, tess, NOW)
    assert f'<span class="tag {kind}">{words}</span>' in tess.look(PAGE).text


def test_the_last_sync_has_its_time_its_items_and_who_began_it(both: Office, tess: Person) -> None:
    create(tess)
    assert "Last sync none yet" in text_of(tess)
    succeed(both.engine, tess, NOW, trigger=Trigger.MANUAL)
    told = "Last sync Today at 9:00 AM EST: 58 read (2 new, 3 updated, 1 removed) manual"
    assert told in text_of(tess)


def test_progress_is_on_the_page_itself(both: Office, tess: Person) -> None:
    create(tess)
    run = begin(both.engine, tess, NOW)
    Runs(both.engine, 5).progress(run, Phase.SCRAPING, share=0.5, message="page 1 of 2")
    page = tess.look(PAGE).text
    assert "data-sync" in page
    assert 'max="100" value="57"' in page
    assert "Reading page 1 of 2" in text_of(tess)
    Runs(both.engine, 5).fail(run, "no", NOW)
    assert "data-sync" not in tess.look(PAGE).text


def test_a_scheduler_that_does_not_run_is_told(both: Office) -> None:
    assert "The scheduler is not running." in text_of(both.person(Role.VIEWER, name="Tess"))
    both.outside = Outside(daemon=lambda: DaemonStatus(running=True))
    assert "The scheduler" not in text_of(both.person(Role.VIEWER, name="Otto"))


def test_a_schedule_is_deleted(tess: Person) -> None:
    number = create(tess)["id"]
    assert "data-confirm" in tess.look(f"{PAGE}/{number}").text
    assert tess.send(f"{PAGE}/{number}/delete").status_code == 303
    assert tess.look(f"{PAGE}/{number}").status_code == 404


def test_anothers_schedule_is_not_there(both: Office, tess: Person) -> None:
    number = create(tess)["id"]
    otto = both.person(Role.ADMIN, name="Otto Reed")
    assert "You have no schedule yet." in text_of(otto)
    assert otto.look(f"{PAGE}/{number}").status_code == 404
    for action in ("", "/pause", "/resume", "/reset", "/delete"):
        assert (
            otto.send(f"{PAGE}/{number}{action}", {"zone": "UTC", "interval_hours": "1"}).status_code == 404
        )
    assert tess.look(f"{API}/{number}").json()["enabled"] is True


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/new", f"{PAGE}/1", "/scrape-history", "/account"])
def test_everything_to_press_or_to_fill_in_has_a_name(both: Office, tess: Person, path: str) -> None:
    create(tess)
    fail(both.engine, tess, NOW)
    text = tess.look(path).text
    page = main_of(text)
    for control in page.iter("input", "select", "textarea"):
        labelled = any(parent.tag == "label" for parent in control.iterancestors())
        assert labelled or control.get("type") == "hidden", control.attrib
    for pressed in page.iter("button", "a"):
        assert name_of(pressed), pressed.attrib
    names = [name_of(button) for button in page.iter("button")]
    assert len(names) == len(set(names)), names
    assert len(list(page.iter("h1"))) == 1
    ids = [one.get("id") for one in fromstring(text).iter() if one.get("id")]
    assert len(ids) == len(set(ids))


def test_times_are_said_to_be_those_of_the_schedule(tess: Person) -> None:
    assert "All times are store time" not in tess.look(PAGE).text
    assert "All times are store time" in tess.look("/").text
