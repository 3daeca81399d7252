from collections.abc import Mapping
from datetime import date

import pytest

from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.reasons import Code, Param, Reason
from scheduling_pipeline.roster.wording import EVENTS, SENTENCES, day_text, sentence

WHO: Mapping[str, Param] = {"employee": "US100001", "name": "Ada Reed", "day": "2026-03-03"}
WINDOW: Mapping[str, Param] = {"start": "2026-03-05", "last": "2026-03-11"}
OTHER: Mapping[str, Param] = {"other": 30000001, "other_name": "606001-ACME-Peach Tea"}
CORE: Mapping[str, Param] = {"core": 30000001, "core_name": "606001-ACME-Peach Tea"}

EXAMPLES: list[tuple[Code, Mapping[str, Param], str]] = [
    (
        Code.OUTSIDE_WINDOW,
        {"day": "2026-03-03", **WINDOW},
        "Tue 3 March is not in its period: it may take place from Thu 5 March to Wed 11 March.",
    ),
    (
        Code.OUTSIDE_WINDOW,
        {"day": "2026-03-03", "start": "2026-03-05", "last": "2026-03-05"},
        "Tue 3 March is not in its period: it may take place on Thu 5 March.",
    ),
    (Code.DAY_IS_OVER, {"day": "2026-03-03"}, "Tue 3 March is over."),
    (
        Code.ROLE,
        {"name": "Bo Lund", "title": "Club Supervisor", "event_type": "core"},
        "Bo Lund (Club Supervisor) cannot do it: Core events are for leads, specialists and Juicer Baristas.",
    ),
    (
        Code.ROLE,
        {**WHO, "title": "Event Specialist", "event_type": "freeosk"},
        "Ada Reed (Event Specialist) cannot do it: Freeosk events are for leads and the Club Supervisor.",
    ),
    (Code.NOT_AT_STORE, {**WHO, "store": "100500"}, "Ada Reed does not work at store 100500."),
    (Code.INACTIVE, WHO, "Ada Reed no longer works here."),
    (Code.INACTIVE, {**WHO, "name": ""}, "Somebody no longer works here."),
    (
        Code.LEFT,
        {**WHO, "last": "2026-03-02"},
        "Ada Reed does not work on Tue 3 March: Mon 2 March is the last day.",
    ),
    (
        Code.HOLIDAY,
        {**WHO, "day": "2026-11-26", "detail": "Thanksgiving Day"},
        "Nobody works on Thu 26 November (Thanksgiving Day).",
    ),
    (Code.TIME_OFF, {**WHO, "detail": ""}, "Ada Reed is away on Tue 3 March."),
    (Code.NOT_AVAILABLE, {**WHO, "detail": "exam"}, "Ada Reed is not available on Tue 3 March (exam)."),
    (Code.NOT_A_WORK_DAY, {**WHO, "detail": ""}, "Ada Reed does not usually work on Tue 3 March."),
    (
        Code.DAILY_LIMIT,
        {**WHO, **OTHER},
        "Ada Reed has one of these on Tue 3 March already: 606001-ACME-Peach Tea.",
    ),
    (
        Code.JUICING,
        {**WHO, "other_name": "606001-ACME-Tea"},
        "Nobody does a Core and a Juicer event on one day: on Tue 3 March Ada Reed has 606001-ACME-Tea.",
    ),
    (
        Code.OVERLAP,
        {**WHO, **OTHER, "from": "09:45", "until": "16:15"},
        "Ada Reed is taken from 09:45 to 16:15 on Tue 3 March: 606001-ACME-Peach Tea.",
    ),
    (
        Code.NOT_IN_ROTATION,
        {**WHO, "rotation": "US100002", "rotation_name": "Bo Lund"},
        "Ada Reed is not the juicer of Tue 3 March: the rotation names Bo Lund.",
    ),
    (
        Code.NOT_IN_ROTATION,
        {**WHO, "rotation": "", "rotation_name": ""},
        "Ada Reed is not the juicer of Tue 3 March: the rotation names nobody.",
    ),
    (
        Code.NOT_WITH_CORE,
        {**CORE, "core_day": "2026-03-05"},
        "It belongs on the day of its Core event: 606001-ACME-Peach Tea, on Thu 5 March.",
    ),
    (
        Code.NOT_WITH_CORE,
        {**CORE, "core_day": ""},
        "It belongs on the day of its Core event: 606001-ACME-Peach Tea, which has no place.",
    ),
    (Code.NOT_WITH_CORE, CORE, "It belongs on the day of its Core event: 606001-ACME-Peach Tea."),
    (Code.NOT_WITH_CORE, {}, "It belongs on the day of its Core event."),
    (Code.ALREADY_SCHEDULED, {}, "It is scheduled already."),
    (
        Code.ALREADY_SCHEDULED,
        {**WHO, "time": "09:45"},
        "It is scheduled already, on Tue 3 March at 09:45 with Ada Reed.",
    ),
    (
        Code.WEEKLY_HOURS,
        {**WHO, "hours": 32.5, "limit": 28.0},
        "Ada Reed would have 32.5 hours in the week of Tue 3 March, and may have 28.",
    ),
    (
        Code.CONSECUTIVE_DAYS,
        {**WHO, "days": 6, "limit": 5},
        "With Tue 3 March, Ada Reed would work 6 days in a row, and may work 5.",
    ),
    (
        Code.QUIET_ZONE,
        {"day": "2026-03-03", "first": "2026-03-05"},
        "Tue 3 March is very near: people have read their plans of the days before Thu 5 March.",
    ),
    (
        Code.WRONG_TIME,
        {"time": "09:50", "times": ["09:45", "10:30"]},
        "09:50 is not one of its usual times: 09:45, 10:30.",
    ),
    (
        Code.UNUSUAL_PERSON,
        {**WHO, "event_type": "digital_teardown"},
        "Ada Reed is not the one who usually does digital teardowns on Tue 3 March.",
    ),
    (
        Code.OPEN_PROPOSAL,
        {**WHO, "other_name": "606003-T", "run": 12},
        "Proposal 12, which waits for an approval, has another event for Ada Reed on Tue 3 March: 606003-T.",
    ),
    (
        Code.NO_ROTATION_JUICER_BEFORE_DUE,
        {"start": "2026-03-05", "due": "2026-03-12"},
        "The rotation names no juicer from Thu 5 March to Wed 11 March.",
    ),
    (
        Code.ROTATION_PERSON_AWAY,
        {"start": "2026-03-05", "due": "2026-03-05"},
        "The juicer of the rotation is not there on Thu 5 March.",
    ),
    (
        Code.NO_SLOT_OR_BUMP_IN_WINDOW,
        WINDOW,
        "All who could do it from Thu 5 March to Wed 11 March have something that is no less urgent.",
    ),
    (
        Code.NOBODY_AVAILABLE,
        WINDOW,
        "Nobody who may do it is there from Thu 5 March to Wed 11 March.",
    ),
    (
        Code.SUPERVISOR_AND_PRIMARY_LEAD_UNAVAILABLE,
        {"day": "2026-05-03"},
        "Neither the Club Supervisor nor the primary lead is there on Sun 3 May, the day of its Core event.",
    ),
    (
        Code.NO_EVENT_NUMBER,
        {},
        "Its name does not begin with a number of six digits, so its Core event cannot be told.",
    ),
    (
        Code.NO_MATCHING_CORE,
        {"number": "606001"},
        "There is no Core event with the number 606001 at its store in these days.",
    ),
    (
        Code.SEVERAL_CORES,
        {"number": "606001", "cores": ["one", "another"]},
        "Several Core events have the number 606001: one, another.",
    ),
    (Code.CORE_FAILED, CORE, "Its Core event has no place: 606001-ACME-Peach Tea."),
    (
        Code.NO_LEAD_OR_SUPERVISOR,
        {"first": "2026-03-05", "last": "2026-03-11"},
        "Neither a lead nor the Club Supervisor is there from Thu 5 March to Wed 11 March.",
    ),
    (
        Code.NO_SECONDARY_LEAD_OR_SUPERVISOR,
        WINDOW,
        "Neither a second lead nor the Club Supervisor is there from Thu 5 March to Wed 11 March.",
    ),
    (
        Code.BUFFER_PAST_DUE,
        {"last": "2026-03-03", "first": "2026-03-05"},
        (
            "Tue 3 March is its last day, and nothing is proposed for the days before Thu 5 March:"
            " schedule it by hand."
        ),
    ),
    (
        Code.MADE_ROOM,
        {"event": 30000001, "event_name": "606001-ACME-Peach Tea"},
        "It makes room for 606001-ACME-Peach Tea.",
    ),
    (Code.MADE_ROOM, {}, "It makes room for another event."),
    (Code.PINNED, {}, "A manager put it there."),
    (
        Code.PIN_BROKEN,
        {"rule": "Ada Reed is away on Tue 3 March."},
        "It cannot be where it was put by hand: Ada Reed is away on Tue 3 March.",
    ),
    (
        Code.NOT_YET,
        {"start": "2026-04-02", "horizon": "2026-03-23"},
        "It begins on Thu 2 April: proposals go to Mon 23 March for now.",
    ),
    (Code.PAST_DUE, {"last": "2026-03-01"}, "Its last day, Sun 1 March, is over."),
    (Code.NOT_AUTOMATIC, {}, "It is kept out of proposals by hand."),
    (
        Code.OUTSIDE_EVENT_PERIOD,
        {"day": "2026-03-03", **WINDOW},
        "Tue 3 March is not in its period any more: it may take place from Thu 5 March to Wed 11 March.",
    ),
    (Code.MISSING_REP_ID, WHO, "Ada Reed has no RepID, by which the planner knows people."),
    (Code.API_MESSAGE, {"message": "no such rep"}, "The planner said no: no such rep"),
    (
        Code.API_EXCEPTION,
        {"message": "it answered with a page"},
        "The planner did not answer as it should: it answered with a page",
    ),
]


@pytest.mark.parametrize(("code", "params", "text"), EXAMPLES)
def test_each_reason_is_a_sentence(code: Code, params: Mapping[str, Param], text: str) -> None:
    assert sentence(Reason(code, params)) == text


@pytest.mark.parametrize("code", Code)
def test_each_code_has_a_sentence_and_one_with_parameters_has_an_example(code: Code) -> None:
    template = SENTENCES[code]
    assert template.endswith((".", "}"))
    if "{" in template:
        assert any(code is example for example, _, _ in EXAMPLES) or template.startswith("{why}")


@pytest.mark.parametrize(
    ("code", "params"),
    [(code, params) for code, params, _ in EXAMPLES if "{name}" in SENTENCES[code] and params],
)
def test_a_sentence_that_needs_a_name_is_not_made_without_it(code: Code, params: Mapping[str, Param]) -> None:
    nameless = {key: value for key, value in params.items() if key != "name"}
    with pytest.raises(KeyError, match="name"):
        sentence(Reason(code, nameless))


def test_there_is_a_word_for_each_type_of_event() -> None:
    assert set(EVENTS) == set(EventType)


def test_a_day_is_written_with_its_weekday() -> None:
    assert day_text(date(2026, 11, 1)) == "Sun 1 November"
