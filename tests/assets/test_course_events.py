"""The course_events asset: what should stand, for whom the run is about."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pandas as pd

from resources.database import load_frame
from scheduling_pipeline.courses.credentials import mark_needs_sign_in
from scheduling_pipeline.courses.events import SCOPE
from scheduling_pipeline.courses.frames import course_events_from_frame
from scheduling_pipeline.simulators.control import DEMO_START
from tests.assets.college import ANN, BEN, CEM, College, noted
from tests.courses.school import address, enrollment, user
from tests.end_to_end.pipeline import Ran

EVENTS = "course_events"
NIGHT = ("course_catalogue", EVENTS)


def made(college: College, **who: Any) -> Ran:  # noqa: ANN401 - fields of WhoConfig
    """The day's files arrive, and desired events are made of them."""
    college.school.arrive()
    return college.run(assets=NIGHT, config={EVENTS: who})


def frame(college: College) -> pd.DataFrame:
    return load_frame(college.engine, EVENTS, None)


def people(college: College) -> set[str]:
    """Whose events the stored frame holds."""
    made_from = frame(college).attrs[SCOPE]
    owners = {owner["email"] for owner in made_from["owners"].values()}
    assert set(frame(college)["account"]) == owners
    return owners


def rename(college: College) -> None:
    """A change that concerns Ann and Cem."""
    college.school.files["courses"][1]["title"] = "Thermodynamics"


def test_by_default_it_is_about_those_who_are_due(college: College) -> None:
    college.settle()
    rename(college)

    ran = made(college)

    assert not ran.failed_checks
    assert people(college) == {ANN, CEM}
    metadata = noted(ran, EVENTS)
    assert (metadata["people"], metadata["waiting for a sign-in"]) == (2, 0)
    counted = [metadata[kind] for kind in ("classes", "final exams", "university events")]
    assert counted == [4, 1, 2]
    assert metadata["events"] == sum(counted) == len(frame(college))


def test_when_nobody_is_due_the_frame_is_empty(college: College) -> None:
    college.settle()

    ran = made(college)

    assert ran.success
    assert frame(college).empty
    assert frame(college).attrs[SCOPE]["owners"] == {}
    assert noted(ran, EVENTS)["people"] == 0


def test_who_is_named_is_meant_due_or_not_and_nobody_else(college: College) -> None:
    college.settle()
    rename(college)

    ran = made(college, users=[" Ben@College.example "])

    assert not ran.failed_checks
    assert people(college) == {BEN}
    assert not frame(college).attrs[SCOPE]["whole"]


def test_everybody_are_all_who_have_a_calendar(college: College) -> None:
    college.settle()
    college.school.files["users"].append(user(address("dan")))
    college.school.files["enrollments"].append(enrollment(address("dan"), 1))

    made(college, everybody=True)

    assert people(college) == {ANN, BEN, CEM}
    assert frame(college).attrs[SCOPE]["whole"]


def test_force_alone_is_about_everybody(college: College) -> None:
    college.settle()

    made(college, force=True)

    assert people(college) == {ANN, BEN, CEM}
    assert frame(college).attrs[SCOPE]["force"]


def test_addresses_without_a_calendar_are_named_and_the_others_go_on(college: College) -> None:
    college.settle()

    ran = made(college, users=["zoe@college.example", ANN, "nobody@college.example"])

    assert ran.success
    assert ran.tags["degraded"] == "true"
    check = ran.check("people")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert (check.description or "").split(";\n") == [
        "nobody@college.example: has no calendar that could be written to",
        "zoe@college.example: has no calendar that could be written to",
    ]
    assert people(college) == {ANN}


def test_who_has_to_sign_in_again_is_counted_and_left_out(college: College) -> None:
    college.settle()
    rename(college)
    mark_needs_sign_in(college.engine, {college.calendars[ANN]: "the consent was withdrawn"}, DEMO_START)

    ran = made(college)

    metadata = noted(ran, EVENTS)
    assert (metadata["people"], metadata["waiting for a sign-in"]) == (1, 1)
    assert people(college) == {CEM}


def test_a_further_account_that_works_is_enough(college: College) -> None:
    college.settle()
    rename(college)
    college.connect(ANN, account="ann.private@college.example")
    mark_needs_sign_in(college.engine, {college.calendars[ANN]: "the consent was withdrawn"}, DEMO_START)

    ran = made(college)

    assert noted(ran, EVENTS)["waiting for a sign-in"] == 0
    assert people(college) == {ANN, CEM}


def test_the_stored_events_are_those_that_were_made(college: College) -> None:
    college.settle()

    made(college, users=[CEM])

    stored = {event.uid: event for event in course_events_from_frame(frame(college))}
    evening = stored["class-202620-2-1"].content
    assert (evening.summary, evening.location) == ("Course 2", "Wilder Hall 112 / 113")
    assert evening.dtstart.isoformat() == "2026-01-13T19:00:00-05:00"
    assert evening.zone.key == "America/New_York"
    assert evening.rrule is not None
    assert [str(day) for day in evening.rrule.exdates] == ["2026-03-10"]
    assert evening.reminders == (30,)
    (holiday,) = (event.content for uid, event in stored.items() if uid.startswith("university-"))
    assert holiday.all_day


def test_the_preview_says_when_in_the_schools_own_zone(college: College) -> None:
    college.settle()

    ran = made(college, users=[CEM])

    first, second = noted(ran, EVENTS)["preview"]
    assert first == {
        "person": CEM,
        "event": "Course 2",
        "starts": "Tue 13 Jan 2026 19:00 EST",
        "place": "Wilder Hall 112 / 113",
    }
    assert second["starts"] == "Mon 09 Mar 2026 00:00 EDT"


def test_the_version_is_that_of_what_was_made(college: College) -> None:
    def version(ran: Ran) -> str:
        return (ran.materialized(EVENTS)[""].tags or {})["dagster/data_version"]

    college.settle()
    everybody = version(made(college, everybody=True))

    assert version(made(college, everybody=True)) == everybody
    rename(college)
    assert version(made(college, everybody=True)) != everybody
