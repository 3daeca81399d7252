"""People follow the planner's list: recognised whatever the spelling, never twice, never half."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, RowMapping, insert, select

from scheduling_pipeline.database.roster import RosterEmployee
from scheduling_pipeline.roster.planner import ListedRep, PlannerError
from scheduling_pipeline.roster.workforce import (
    NobodyListedError,
    WorkforceConflictError,
    WorkforceRefreshed,
    refresh_workforce,
)
from tests.roster.listing import LATER, NOW, SETTINGS, Listing, rep
from tests.roster.store import day


def refresh(engine: Engine, *reps: ListedRep) -> WorkforceRefreshed:
    return refresh_workforce(engine, Listing(people=list(reps)), SETTINGS, LATER)


def people(engine: Engine) -> dict[str, RowMapping]:
    with engine.connect() as connection:
        query = select(RosterEmployee.__table__).order_by(RosterEmployee.id)
        return {row["id"]: row for row in connection.execute(query).mappings()}


def add(engine: Engine, **values: object) -> None:
    known = {"job_title": "Juicer Barista", "email": f"{values['id']}@market.example", "created_at": NOW}
    with engine.begin() as connection:
        connection.execute(insert(RosterEmployee).values(**known | values))


def test_somebody_new_is_an_active_event_specialist(engine: Engine) -> None:
    done = refresh(engine, rep(100_234, "ADA REED", "US100001"))
    person = people(engine)["US100001"]
    assert (person["name"], person["rep_id"], person["is_active"]) == ("ADA REED", 100_234, True)
    assert (person["job_title"], person["sync_status"]) == ("Event Specialist", "synced")
    assert (done.new, done.counts["new"]) == (("US100001",), 1)


@pytest.mark.parametrize(
    ("role", "title"),
    [
        ("", "Event Specialist"),
        ("Event Specialist", "Event Specialist"),
        ("LEAD  EVENT SPECIALIST", "Lead Event Specialist"),
        ("Lead", "Lead Event Specialist"),
        ("Juicer Barista", "Juicer Barista"),
        ("barista", "Juicer Barista"),
        ("Club Supervisor", "Club Supervisor"),
        ("Merchandiser", "Event Specialist"),
    ],
)
def test_the_role_says_the_title_where_it_names_one(engine: Engine, role: str, title: str) -> None:
    refresh(engine, rep(100_234, "Ada Reed", "US100001", role))
    assert people(engine)["US100001"]["job_title"] == title


def test_without_an_employee_number_the_name_makes_the_key(engine: Engine) -> None:
    refresh(engine, rep(100_234, "Zoë  O'Neil-Hart"))
    assert list(people(engine)) == ["ZOË_O_NEIL_HART"]


def test_the_window_is_wide_enough_to_list_everybody(engine: Engine) -> None:
    planner = Listing(people=[rep(100_234, "Ada Reed", "US100001")])
    refresh_workforce(engine, planner, SETTINGS, NOW)
    assert planner.asked == [(day(0), day(90))]


def test_the_rep_id_tells_first_and_the_planners_spelling_wins(engine: Engine) -> None:
    add(engine, id="ADA_REED", name="Ada Read", rep_id=100_234, is_active=False)
    done = refresh(engine, rep(100_234, "Ada Reed", "US100001"))
    (person,) = people(engine).values()
    assert (person["id"], person["name"]) == ("ADA_REED", "Ada Reed")
    assert (done.counts["changed"], done.counts["new"]) == (1, 0)


def test_other_fields_are_kept_when_the_spelling_is_updated(engine: Engine) -> None:
    add(engine, id="US100001", name="ada reed", rep_id=100_234, is_active=False, phone="555 0100")
    refresh(engine, rep(100_234, "Ada Reed", "US100001", "Club Supervisor"))
    person = people(engine)["US100001"]
    assert (person["email"], person["phone"]) == ("US100001@market.example", "555 0100")
    assert (person["job_title"], person["is_active"]) == ("Juicer Barista", False)


def test_the_employee_number_tells_second_and_brings_the_rep_id(engine: Engine) -> None:
    add(engine, id="US100001", name="Ada Reed", rep_id=100_111)
    refresh(engine, rep(100_234, "Ada Reed", "US100001"))
    assert people(engine)["US100001"]["rep_id"] == 100_234


@pytest.mark.parametrize(
    ("known", "spelled"),
    [
        ("Ada Reed", "ADA REED"),
        ("Ada  Reed", "ada reed"),
        ("Zoë Hart", "ZOE HART"),
        ("Zoe\u0308 Hart", "Zoë Hart"),
        ("O'Neil Hart", "ONEIL HART"),
        ("Mary-Ann Birk", "Mary Ann Birk"),
    ],
)
def test_names_are_the_same_without_case_blanks_accents_and_marks(
    engine: Engine, known: str, spelled: str
) -> None:
    add(engine, id="BY_HAND", name=known)
    refresh(engine, rep(100_234, spelled, "US100001"))
    (person,) = people(engine).values()
    assert (person["id"], person["rep_id"], person["name"]) == ("BY_HAND", 100_234, " ".join(spelled.split()))


def test_a_part_of_a_name_is_somebody_else(engine: Engine) -> None:
    add(engine, id="BY_HAND", name="Ada Reed")
    refresh(engine, rep(100_234, "Ada Reed Hart", "US100001"))
    assert list(people(engine)) == ["BY_HAND", "US100001"]


def test_a_namesake_with_numbers_of_their_own_is_somebody_else(engine: Engine) -> None:
    add(engine, id="US100001", name="Ada Reed", rep_id=100_234)
    add(engine, id="US100002", name="Ada Reed")
    done = refresh(engine, rep(100_235, "Ada Reed", "US100003"), rep(100_234, "Ada Reed", "US100001"))
    assert done.new == ("US100003",)
    assert people(engine)["US100001"]["rep_id"] == 100_234


def test_nobody_is_deactivated_only_because_they_are_not_listed(engine: Engine) -> None:
    add(engine, id="US100001", name="Ada Reed", rep_id=100_234)
    done = refresh(engine, rep(100_235, "Bo Lund", "US100002"))
    assert people(engine)["US100001"]["is_active"]
    assert done.not_listed == ("US100001",)


def test_an_unchanged_list_changes_nothing(engine: Engine) -> None:
    refresh(engine, rep(100_234, "Ada Reed", "US100001"))
    before = people(engine)
    done = refresh(engine, rep(100_234, "Ada Reed", "US100001"))
    assert (done.people.writes, done.counts["unchanged"], people(engine)) == (0, 1, before)


def test_the_same_person_listed_twice_is_one(engine: Engine) -> None:
    refresh(engine, rep(100_234, "Ada Reed", "US100001"), rep(100_234, "Ada Reed", "US100001"))
    assert list(people(engine)) == ["US100001"]


@pytest.mark.parametrize(
    ("reps", "conflict"),
    [
        (
            [rep(100_234, "Ada Reed", "US100001"), rep(100_234, "Bo Lund", "US100002")],
            "RepID 100234 for several people",
        ),
        (
            [rep(100_234, "Ada Reed", "US100001"), rep(100_235, "Bo Lund", "US100001")],
            "employee number US100001 for several people",
        ),
        ([rep(100_111, "Ada Reed", "US100002")], "RepID 100111 is that of US100009"),
        ([rep(100_234, "Same Name")], "RepID 100234 could be BY_HAND or BY_HAND_2"),
        ([rep(100_234, "Old Hand")], "RepID 100234 would be OLD_HAND, who has another RepID"),
        (
            [rep(100_234, "Cleo Marsh"), rep(100_235, "CLEO MARSH")],
            "RepIDs 100234 and 100235 would all be CLEO_MARSH",
        ),
    ],
    ids=["rep id twice", "number twice", "two people", "namesakes", "key is taken", "one key"],
)
def test_a_list_that_contradicts_itself_is_refused_whole(
    engine: Engine, reps: list[ListedRep], conflict: str
) -> None:
    add(engine, id="US100009", name="Gil Hart", rep_id=100_111)
    add(engine, id="US100002", name="Bo Lund", rep_id=100_222)
    add(engine, id="OLD_HAND", name="Old Hand", rep_id=100_333)
    add(engine, id="BY_HAND", name="Same Name")
    add(engine, id="BY_HAND_2", name="Same name")
    before = people(engine)
    with pytest.raises(WorkforceConflictError, match=conflict):
        refresh(engine, rep(100_999, "Finn Vale", "US100900"), *reps)
    assert people(engine) == before


def test_an_empty_list_is_refused(engine: Engine) -> None:
    with pytest.raises(NobodyListedError):
        refresh(engine)


def test_two_people_who_traded_rep_ids_are_for_somebody_to_look_at(engine: Engine) -> None:
    add(engine, id="US100001", name="Ada Reed", rep_id=100_111)
    add(engine, id="US100002", name="Bo Lund", rep_id=100_222)
    before = people(engine)
    with pytest.raises(WorkforceConflictError, match=r"RepID 100222 is that of US100002, whom .* US100001"):
        refresh(engine, rep(100_222, "Ada Reed", "US100001"), rep(100_111, "Bo Lund", "US100002"))
    assert people(engine) == before


def test_a_planner_that_cannot_be_read_leaves_people_as_they_are(engine: Engine) -> None:
    def fail() -> None:
        raise PlannerError("reps: an object was expected, not a list")

    add(engine, id="US100001", name="Ada Reed", rep_id=100_111)
    before = people(engine)
    with pytest.raises(PlannerError, match="an object was expected"):
        refresh_workforce(engine, Listing(meanwhile=fail), SETTINGS, LATER)
    assert people(engine) == before
