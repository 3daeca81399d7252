"""The google_changes asset and google_calendars after it: the plan, what waits, plans that are too old."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pandas as pd

from resources.database import Database, FrameIOManager, load_frame
from scheduling_pipeline.calendars.frames import changes_from_frame
from scheduling_pipeline.calendars.holds import held_plans, release
from scheduling_pipeline.courses.events import SCOPE
from scheduling_pipeline.simulators.control import DEMO_START
from tests.assets.college import ANN, BEN, CEM, College, noted
from tests.courses.school import course, enrollment, meeting
from tests.end_to_end.pipeline import Ran

CHANGES, CALENDARS = "google_changes", "google_calendars"
PLAN = ("course_catalogue", "course_events", CHANGES)


def planned(college: College, *assets: str, **who: Any) -> Ran:  # noqa: ANN401 - fields of WhoConfig
    """The day's files arrive, and the plan is made of them; nothing is written."""
    college.school.arrive()
    return college.run(assets=assets or PLAN, config={"course_events": who} if who else None)


def plan(college: College) -> pd.DataFrame:
    return load_frame(college.engine, CHANGES, None)


def people(college: College) -> set[str]:
    """Whom the stored plan is about."""
    return {owner["email"] for owner in plan(college).attrs[SCOPE]["owners"].values()}


def store(college: College, asset: str, frame: pd.DataFrame) -> None:
    """Put a frame where the asset keeps it, as a run that took its time would."""
    frames = FrameIOManager(database=Database(url=str(college.engine.url)))
    with dg.build_output_context(asset_key=asset, run_id="slow") as context:
        frames.handle_output(context, frame)


def rename(college: College, title: str = "Thermodynamics") -> None:
    """A change that concerns Ann and Cem."""
    college.school.files["courses"][1]["title"] = title


def settle_busy(college: College) -> None:
    """Three courses that meet every day; Ann and Ben take all of them."""
    crns = (1, 2, 3)
    college.school.files |= {
        "courses": [course(crn) for crn in crns],
        "meeting_times": [
            meeting(crn, day, 800 + 100 * crn, 850 + 100 * crn) for crn in crns for day in range(1, 6)
        ],
        "enrollments": [enrollment(person, crn) for person in (ANN, BEN) for crn in crns],
        "final_exams": [],
    }
    college.settle()


def drop_two(college: College, person: str) -> None:
    """Somebody leaves two of the three courses: ten of their classes."""
    for crn in (2, 3):
        college.school.files["enrollments"].remove(enrollment(person, crn))


def test_a_plan_tells_each_change_with_its_reason_and_writes_nothing(college: College) -> None:
    college.settle()
    rename(college)
    college.school.files["meeting_times"][0] |= {"begin_time": 1100, "end_time": 1150}
    college.school.files["enrollments"].remove(enrollment(BEN, 1))
    college.school.files["enrollments"].append(enrollment(BEN, 2))
    calls = college.calls()

    ran = planned(college)

    assert not ran.failed_checks
    metadata = noted(ran, CHANGES)
    counts = {kind: metadata[f"to {kind}"] for kind in ("create", "update", "end", "delete")}
    assert counts == {"create": 1, "update": 3, "end": 2, "delete": 1}
    assert (metadata["people"], metadata["held"], metadata["changed again since"]) == (3, 0, 0)
    rows = {(row["person"], row["event"], row["when"]): row["why"] for row in metadata["changes"]}
    assert rows[ANN, "Course 1", "Mon 12 Jan 2026 09:00 EST, weekly"] == "09:00-09:50 → 11:00-11:50"
    assert rows[CEM, "Course 2", "Tue 13 Jan 2026 19:00 EST, weekly"] == "“Course 2” → “Thermodynamics”"
    assert {row["person"] for row in metadata["changes"]} == {ANN, BEN, CEM}
    assert all(rows.values())
    assert college.writes(since=calls) == 0


def test_a_plan_may_be_made_again_from_the_same_events(college: College) -> None:
    college.settle()
    rename(college)
    first = planned(college)

    again = planned(college, CHANGES)

    assert again.success
    assert changes_from_frame(plan(college)) != ([], [])
    assert noted(again, CHANGES)["changes"] == noted(first, CHANGES)["changes"]


def test_people_who_changed_since_are_left_out_of_an_older_plan(college: College) -> None:
    college.settle()
    rename(college)
    planned(college)
    college.school.files["meeting_times"][2]["room"] = "101"
    planned(college, "course_catalogue")

    ran = planned(college, CHANGES)

    metadata = noted(ran, CHANGES)
    assert (metadata["people"], metadata["changed again since"]) == (0, 2)
    assert plan(college).empty


def test_who_did_not_change_since_stays_in_it(college: College) -> None:
    college.settle()
    rename(college)
    planned(college)
    college.school.files["enrollments"].append(enrollment(CEM, 1))
    planned(college, "course_catalogue")

    ran = planned(college, CHANGES)

    assert noted(ran, CHANGES)["changed again since"] == 1
    assert people(college) == {ANN}
    assert set(plan(college)["account"]) == {ANN}


def test_an_older_plan_is_not_carried_out_for_those_who_changed_since(college: College) -> None:
    college.settle()
    rename(college, "Older")
    planned(college)
    rename(college, "Newer")
    college.school.files["enrollments"].remove(enrollment(ANN, 2))
    planned(college, "course_catalogue")
    calls = college.calls()

    ran = college.run(assets=[CALENDARS])

    assert ran.success
    metadata = noted(ran, CALENDARS)
    assert (metadata["people"], metadata["changed again since"], metadata["calendar writes"]) == (0, 2, 0)
    assert college.writes(since=calls) == 0
    assert college.school.due() == {"ann", "cem"}


def test_an_older_plan_does_not_undo_a_newer_one(college: College) -> None:
    college.settle()
    rename(college, "Older")
    planned(college)
    older = {name: load_frame(college.engine, name, None) for name in ("course_events", CHANGES)}
    rename(college, "Newer")
    college.school.arrive()
    college.run()
    assert "Newer" in college.titles(CEM)
    for name, frame in older.items():
        store(college, name, frame)
    calls = college.calls()

    applied = college.run(assets=[CALENDARS])
    replanned = college.run(assets=[CHANGES, CALENDARS])

    assert noted(applied, CALENDARS)["changed again since"] == 2
    assert noted(replanned, CHANGES)["changed again since"] == 2
    assert college.writes(since=calls) == 0
    assert "Newer" in college.titles(CEM)
    assert college.school.due() == set()


def test_a_plan_that_was_carried_out_is_not_carried_out_again(college: College) -> None:
    college.settle()
    rename(college)
    college.school.arrive()
    college.run()
    calls = college.calls()

    again = college.run(assets=[CALENDARS])

    assert again.success
    assert noted(again, CALENDARS)["events superseded"] == 2
    assert college.writes(since=calls) == 0


def test_a_dry_run_shows_what_it_would_write_and_marks_nobody_as_up_to_date(college: College) -> None:
    college.settle()
    rename(college)
    college.school.arrive()
    calls = college.calls()

    ran = college.run(config={CALENDARS: {"dry_run": True}})

    assert ran.success, ran.errors
    assert ran.materialized(CALENDARS) == {}
    check = ran.check("failed_users")
    assert check.description == "dry run: 2 changes in 2 calendars were planned and none was written"
    would_be = check.metadata["would_be_written"]
    assert isinstance(would_be, dg.TableMetadataValue)
    assert {record.data["person"] for record in would_be.records} == {ANN, CEM}
    assert college.writes(since=calls) == 0
    assert college.school.due() == {"ann", "cem"}


def test_removals_that_wipe_somebody_out_wait_and_the_check_has_the_command(college: College) -> None:
    settle_busy(college)
    drop_two(college, BEN)

    ran = planned(college)

    check = ran.check("brake")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.ERROR
    (held,) = held_plans(college.engine)
    assert f"scheduling-pipeline release {held['digest']} --by NAME --why REASON" in (check.description or "")
    assert BEN in (check.description or "")
    metadata = noted(ran, CHANGES)
    assert metadata["held"] == len(held["removals"]) == 10
    assert {row["change"] for row in metadata["changes"]} == {"held: end"}
    assert {row["person"] for row in metadata["changes"]} == {BEN}


def test_whoever_has_removals_held_stays_due_until_they_are_released(college: College) -> None:
    settle_busy(college)
    drop_two(college, BEN)
    college.school.arrive()

    ran = college.run()

    assert ran.success
    assert ran.tags["degraded"] == "true"
    (row,) = noted(ran, CALENDARS)["by person"]
    assert (row["person"], row["outcome"], row["problem"]) == (BEN, "held", "removals wait for a person")
    assert college.school.due() == {"ben"}
    (held,) = held_plans(college.engine)
    release(college.engine, held["digest"], who="Mia", why="Ben left", now=DEMO_START)
    assert noted(college.run(), CALENDARS)["people brought up to date"] == 1
    assert college.school.due() == set()
    assert held_plans(college.engine) == []


def test_an_older_plan_does_not_take_a_hold_of_others_from_the_list(college: College) -> None:
    settle_busy(college)
    drop_two(college, BEN)
    planned(college)
    before = held_plans(college.engine)
    college.school.files["courses"][0]["title"] = "Thermodynamics"
    planned(college, "course_catalogue")

    planned(college, CHANGES)

    assert plan(college).empty
    assert held_plans(college.engine) == before
    assert len(before) == 1


def test_a_plan_about_one_person_leaves_the_holds_of_others(college: College) -> None:
    settle_busy(college)
    drop_two(college, BEN)
    planned(college)

    planned(college, users=[CEM])

    assert len(held_plans(college.engine)) == 1


def test_a_calendar_that_cannot_be_looked_into_is_named_and_the_others_go_on(college: College) -> None:
    college.settle()
    college.school.files["courses"][0]["title"] = "Thermodynamics"
    college.school.arrive()
    college.project.call(college.accounts[BEN], "DELETE", f"/calendars/{college.calendars[BEN]}")

    ran = college.run(config={"course_events": {"force": True}})

    assert ran.success
    assert (ran.check("planned").description or "").startswith(f"{BEN}: ")
    outcomes = {row["person"]: row["outcome"] for row in noted(ran, CALENDARS)["by person"]}
    assert outcomes == {ANN: "synced", BEN: "calendar missing", CEM: "synced"}
    assert ran.check("missing_calendars").description == (
        f"{BEN}: the calendar is gone since 02 Mar 2026; to make a new one, run create_course_calendars "
        "with this address and `again`"
    )
