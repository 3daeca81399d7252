"""Events of older scripts are taken over, or left alone, when a person says so; nothing happens before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import stamina

from resources.graph_client import GraphClient
from resources.graph_sign_in import SignInError
from resources.outlook_legacy import LegacyEvent, tag_events
from scheduling_pipeline.calendars.model import Tag
from scheduling_pipeline.calendars.provider import Outcome
from scheduling_pipeline.commands import adopt
from scheduling_pipeline.simulators.control import Fault
from tests.commands.school import (
    ANA,
    ENGLISH,
    ESA,
    FRENCH,
    JO,
    LEA,
    MONDAY,
    SFS,
    School,
    days,
    lesson,
    old_class,
    old_lesson,
    remembered_class,
    remembered_lesson,
)

TUESDAY, WEDNESDAY, THURSDAY = days(1, 2, 3)


def test_the_first_run_of_an_agenda_stops_and_says_what_to_do(school: School) -> None:
    school.read(
        FRENCH, lesson(FRENCH, "0000001", TUESDAY), lesson(FRENCH, "0000002", TUESDAY, teacher="Jo BRANDT")
    )
    school.write_by_script(ANA, old_lesson(TUESDAY))
    school.write_by_script(ANA, old_lesson(WEDNESDAY))
    school.write_by_script(JO, old_lesson(TUESDAY))
    outcome = school.run("plan", FRENCH)
    assert outcome.code == 1
    assert "3 events in 2 calendars" in outcome.text
    assert f"scheduling-pipeline adopt {FRENCH}" in outcome.text


def test_events_named_in_a_state_file_become_ours(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY, room="R7"))
    old = school.write_by_script(ANA, old_lesson(TUESDAY))
    folder = school.state_file(FRENCH, "vip", {ANA: [remembered_lesson(old, TUESDAY)]})
    outcome = school.run("adopt", FRENCH, "--state-dir", str(folder), answer="y\n")
    assert outcome.code == 0, outcome.text
    assert "1 taken over" in outcome.text
    (event,) = school.ours(ANA, FRENCH)
    assert event.tag == Tag(FRENCH, None, "0000001", 1)
    (row,) = school.ledger(FRENCH)
    assert (row.tag, row.etag, row.content, row.origin) == (
        event.tag,
        event.etag,
        event.content,
        "ana martel",
    )


def test_the_next_plan_brings_an_adopted_event_up_to_date(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY, room="R7"))
    old = school.write_by_script(ANA, old_lesson(TUESDAY))
    folder = school.state_file(FRENCH, "vip", {ANA: [remembered_lesson(old, TUESDAY)]})
    school.run("adopt", FRENCH, "--state-dir", str(folder), "--yes")
    outcome = school.run("plan", FRENCH)
    assert "1 changes, 0 held" in outcome.text
    assert "room none → R7" in outcome.text


def test_an_event_that_its_teacher_moved_is_still_known_by_what_the_script_remembered(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    old = school.write_by_script(ANA, old_lesson(TUESDAY, "14:00-15:00"))
    folder = school.state_file(FRENCH, "vip", {ANA: [remembered_lesson(old, TUESDAY)]})
    school.run("adopt", FRENCH, "--state-dir", str(folder), "--yes")
    assert [event.tag.uid for event in school.ours(ANA, FRENCH)] == ["0000001"]


def test_a_class_is_known_by_its_weekday_and_start(school: School) -> None:
    school.read(SFS, lesson(SFS, "0000001", TUESDAY, "09:00-12:00"))
    old = school.write_by_script(ANA, old_class(TUESDAY))
    folder = school.state_file(SFS, "method", {ANA: [remembered_class(old, TUESDAY)]})
    assert school.run("adopt", SFS, "--state-dir", str(folder), "--yes").code == 0
    assert [event.tag for event in school.ours(ANA, SFS)] == [Tag(SFS, "tuesday", "tuesday-0900", 1)]
    outcome = school.run("plan", SFS)
    assert "delete" not in outcome.text
    assert "create" not in outcome.text


def test_what_cannot_be_had_is_counted_and_named(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    old = school.write_by_script(ANA, old_lesson(TUESDAY))
    gone = school.write_by_script(ANA, old_lesson(WEDNESDAY))
    school.delete_by_hand(ANA, gone)
    entries = {
        ANA: [
            remembered_lesson(old, TUESDAY),
            remembered_lesson(gone, WEDNESDAY),
            remembered_lesson("", THURSDAY),
            remembered_lesson("not-an-id", THURSDAY),
        ],
        "left.long.ago@school.example": [remembered_lesson("AAMkAG", THURSDAY)],
    }
    folder = school.state_file(FRENCH, "vip", entries)
    outcome = school.run("adopt", FRENCH, "--state-dir", str(folder), "--yes")
    assert outcome.code == 0
    assert "1 events in 1 calendars to take over; 4 not to be had; 0 are ours already" in outcome.text
    assert "Private: VAD - VIP Adults, 2026-03-04 09:00-10:00" in outcome.text
    assert "the script never learnt its id" in outcome.text
    assert "there is no such account" in outcome.text


def test_adopting_twice_does_no_harm(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    old = school.write_by_script(ANA, old_lesson(TUESDAY))
    folder = school.state_file(FRENCH, "vip", {ANA: [remembered_lesson(old, TUESDAY)]})
    school.run("adopt", FRENCH, "--state-dir", str(folder), "--yes")
    before = school.ledger(FRENCH), school.calls
    outcome = school.run("adopt", FRENCH, "--state-dir", str(folder), "--yes")
    assert outcome.code == 0
    assert "1 are ours already" in outcome.text
    assert school.ledger(FRENCH) == before[0]
    assert school.writes(before[1]) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"agenda": "private_french_lausanne",\n "events": {"ana', "line 2, column 13"),
        ('{"agenda": "private_french_lausanne", "sync_type": "vip"}', "at events: Field required"),
        ('{"agenda": "x", "sync_type": "vip", "events": {"ana": [{"start": "nine"}]}}', "events.ana.0.start"),
        (
            '{"agenda": "private_german_lausanne", "sync_type": "vip", "events": {}}',
            "private_german_lausanne",
        ),
    ],
)
def test_a_broken_state_file_is_named_and_nothing_changes(school: School, text: str, place: str) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    school.write_by_script(ANA, old_lesson(TUESDAY))
    folder = school.state_file(FRENCH, "vip", {})
    (folder / f"{FRENCH}.json").write_text(text)
    calls = school.calls
    outcome = school.run("adopt", FRENCH, "--state-dir", str(folder), "--yes")
    assert outcome.code == 1
    assert f"{FRENCH}.json" in outcome.text
    assert place in outcome.text
    assert school.writes(calls) == []
    assert school.run("plan", FRENCH).code == 1  # still undecided


def test_a_folder_without_a_state_file_of_the_agenda_is_an_error(school: School, tmp_path: Path) -> None:
    outcome = school.run("adopt", FRENCH, "--state-dir", str(tmp_path), "--yes")
    assert outcome.code == 1
    assert f"neither {FRENCH}.json nor all_private.json" in outcome.text


def test_without_state_files_events_are_known_by_their_exact_shape(school: School) -> None:
    school.read(SFS, lesson(SFS, "0000001", TUESDAY, "09:00-12:00"))
    school.write_by_script(ANA, old_class(TUESDAY))
    school.write_by_script(ANA, old_class(TUESDAY, "13:00-14:00") | {"subject": "Teaching notes"})
    outcome = school.run("adopt", SFS, answer="y\n")
    assert outcome.code == 0
    assert "1 events in 1 calendars to take over" in outcome.text
    assert [event.content.summary for event in school.ours(ANA, SFS)] == ["Teaching"]


def test_an_event_of_another_agenda_in_the_same_calendar_is_left_for_it(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    school.read(ENGLISH, lesson(ENGLISH, "0000002", WEDNESDAY))
    school.write_by_script(ANA, old_lesson(TUESDAY))
    school.write_by_script(ANA, old_lesson(WEDNESDAY))
    outcome = school.run("adopt", FRENCH, "--yes")
    assert "1 more are left for Private English" in outcome.text
    assert [event.tag.uid for event in school.ours(ANA, FRENCH)] == ["0000001"]
    school.run("adopt", ENGLISH, "--yes")
    assert [event.tag.uid for event in school.ours(ANA, ENGLISH)] == ["0000002"]


def test_a_state_file_about_all_agendas_is_shared_out_between_them(school: School) -> None:
    school.read(SFS, lesson(SFS, "0000001", TUESDAY, "09:00-12:00"))
    school.read(ESA, lesson(ESA, "0000002", WEDNESDAY, "09:00-12:00"))
    ids = [school.write_by_script(ANA, old_class(day)) for day in (TUESDAY, WEDNESDAY)]
    entries = [remembered_class(event, day) for event, day in zip(ids, (TUESDAY, WEDNESDAY), strict=True)]
    folder = school.state_file("all_method", "method", {ANA: entries})
    outcome = school.run("adopt", SFS, "--state-dir", str(folder), "--yes")
    assert "1 more are left for ESA Lausanne" in outcome.text
    assert [event.tag.uid for event in school.ours(ANA, SFS)] == ["tuesday-0900"]


def test_an_event_that_fits_no_lesson_any_more_goes_with_the_next_plan(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    school.write_by_script(ANA, old_lesson(WEDNESDAY))
    outcome = school.run("adopt", FRENCH, "--yes")
    assert "1 of them are not in the timetable" in outcome.text
    assert [event.tag.uid for event in school.ours(ANA, FRENCH)] == ["old-2026-03-04-0900-VAD"]
    planned = school.run("plan", FRENCH).text
    assert "no longer at the source" in planned
    assert "2 changes, 0 held" in planned


def test_an_event_that_stands_twice_is_adopted_twice_and_once_too_many(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY, room=""))
    for _ in range(2):
        school.write_by_script(ANA, old_lesson(TUESDAY))
    school.run("adopt", FRENCH, "--yes")
    assert [event.tag.generation for event in school.ours(ANA, FRENCH)] == [1, 2]
    assert "1 changes, 0 held; kept: 1 unchanged" in school.run("plan", FRENCH).text


def test_events_of_a_teacher_without_a_lesson_these_weeks_stop_the_first_run(school: School) -> None:
    school.read(SFS, lesson(SFS, "0000001", TUESDAY, "09:00-12:00"))
    school.write_by_script(LEA, old_class(WEDNESDAY))
    outcome = school.run("plan", SFS)
    assert outcome.code == 1
    assert "1 events in 1 calendars" in outcome.text


def test_events_of_a_teacher_without_a_lesson_are_adopted_and_go_with_the_next_plan(school: School) -> None:
    school.read(SFS, lesson(SFS, "0000001", WEDNESDAY, "09:00-12:00"))
    school.write_by_script(LEA, old_class(WEDNESDAY))
    outcome = school.run("adopt", SFS, "--yes")
    assert outcome.code == 0, outcome.text
    assert "1 of them are not in the timetable" in outcome.text
    assert [event.tag for event in school.ours(LEA, SFS)] == [Tag(SFS, "wednesday", "wednesday-0900", 1)]
    assert "2 changes, 0 held" in school.run("plan", SFS).text


def test_events_of_a_teacher_without_an_account_that_fits_stay_theirs(school: School) -> None:
    school.read(SFS, lesson(SFS, "0000001", WEDNESDAY, "09:00-12:00", teacher="Lea KOLLER"))
    school.write_by_script(LEA, old_class(WEDNESDAY))
    assert school.run("adopt", SFS, "--yes").code == 0
    assert [row.origin for row in school.ledger(SFS)] == ["lea koller"]
    assert "0 changes, 0 held" in school.run("plan", SFS).text


def test_events_that_another_agenda_claims_are_left_for_it_without_a_lesson_of_ours(school: School) -> None:
    school.read(SFS, lesson(SFS, "0000001", TUESDAY, "09:00-12:00"))
    school.read(ESA, lesson(ESA, "0000002", WEDNESDAY, "09:00-12:00", teacher="Lea KOHLER"))
    school.write_by_script(LEA, old_class(WEDNESDAY))
    assert "1 more are left for ESA Lausanne" in school.run("adopt", SFS, "--yes").text
    assert school.ours(LEA, SFS) == []


def test_an_account_without_a_mailbox_is_passed_over(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    school.simulators.graph.settings.unlicensed = {LEA}
    try:
        outcome = school.run("adopt", FRENCH, "--yes")
    finally:
        school.simulators.graph.settings.unlicensed = set()
    assert outcome.code == 0, outcome.text


def test_a_no_changes_nothing(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    school.write_by_script(ANA, old_lesson(TUESDAY))
    calls = school.calls
    assert school.run("adopt", FRENCH, answer="n\n").code == 1
    assert school.writes(calls) == []
    assert school.run("plan", FRENCH).code == 1


def test_leaving_them_alone_takes_a_name_and_a_reason(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    school.write_by_script(ANA, old_lesson(TUESDAY))
    assert "--by NAME --why REASON" in school.run("adopt", FRENCH, "--none").text
    assert school.run("plan", FRENCH).code == 1
    outcome = school.run("adopt", FRENCH, "--none", "--by", "Mia", "--why", "the scripts clear up on Friday")
    assert outcome.code == 0
    assert "1 changes" in school.run("plan", FRENCH).text
    assert school.ours(ANA, FRENCH) == []


def test_an_adoption_that_was_interrupted_is_finished_by_the_next_one(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY), lesson(FRENCH, "0000002", WEDNESDAY))
    for day in (TUESDAY, WEDNESDAY):
        school.write_by_script(ANA, old_lesson(day))
    school.simulators.graph.control.arm(Fault("http", "PATCH /users/.*", params={"status": 500}))
    first = school.run("adopt", FRENCH, "--yes")
    assert first.code == 1
    assert "1 unknown, 1 taken over" in first.text
    assert "run the same command again" in first.text
    assert school.run("plan", FRENCH).code == 1  # nothing is decided before all are dealt with
    second = school.run("adopt", FRENCH, "--yes")
    assert second.code == 0
    assert [event.tag for event in school.ours(ANA, FRENCH)] == [
        Tag(FRENCH, None, "0000001", 1),
        Tag(FRENCH, None, "0000002", 1),
    ]
    assert len(school.ledger(FRENCH)) == 2


def test_a_tagging_whose_answer_was_lost_is_found_by_its_tag(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY, room=""))
    school.write_by_script(ANA, old_lesson(TUESDAY))
    school.simulators.graph.control.arm(Fault("drop_reply", "PATCH /users/.*"))
    assert school.run("adopt", FRENCH, "--yes").code == 1
    assert school.run("adopt", FRENCH, "--yes").code == 0
    assert "0 changes, 0 held; kept: 1 unchanged" in school.run("plan", FRENCH).text
    assert len(school.ledger(FRENCH)) == 1


def test_a_process_that_dies_after_tagging_has_lost_nothing(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tag_and_die(client: GraphClient, adopted: Sequence[tuple[LegacyEvent, Tag]]) -> list[Outcome]:
        tag_events(client, adopted)
        raise SignInError("the secret was revoked just now")

    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY, room=""))
    school.write_by_script(ANA, old_lesson(TUESDAY))
    with monkeypatch.context() as patch:
        patch.setattr(adopt, "tag_events", tag_and_die)
        outcome = school.run("adopt", FRENCH, "--yes")
    assert outcome.code == 1
    assert "the secret was revoked just now" in outcome.text
    assert school.ledger(FRENCH) == []
    assert school.run("adopt", FRENCH, "--yes").code == 0
    assert "0 changes, 0 held; kept: 1 unchanged" in school.run("plan", FRENCH).text
    assert [row.uid for row in school.ledger(FRENCH)] == ["0000001"]


def test_a_calendar_that_cannot_be_read_leaves_it_undecided(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    fault = Fault("http", "GET /users/.*/events", times=None, params={"status": 503})
    school.simulators.graph.control.arm(fault)
    with stamina.set_testing(True, attempts=1):
        outcome = school.run("adopt", FRENCH, "--yes")
    assert outcome.code == 1
    assert "Nothing is decided yet" in outcome.text


def test_without_a_reading_nobody_can_tell_which_lesson_an_event_is_of(school: School) -> None:
    with school.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM readings")
    outcome = school.run("adopt", FRENCH, "--yes")
    assert outcome.code == 1
    assert "was never read completely" in outcome.text


def test_an_agenda_that_is_not_live_is_an_error_that_names_those_that_are(school: School) -> None:
    outcome = school.run("adopt", "sfs_geneva", "--yes")
    assert outcome.code == 1
    assert f"no agenda 'sfs_geneva'; there are {SFS}" in outcome.text


def test_what_has_begun_and_past_lessons_do_not_stop_a_run(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    school.write_by_script(ANA, old_lesson(MONDAY - timedelta(days=4)))
    assert school.run("plan", FRENCH).code == 0
