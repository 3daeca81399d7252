"""Collections of events: filters, expansion, order, selection and paging."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.simulators.graph import filters
from scheduling_pipeline.simulators.graph.errors import GraphError
from tests.simulators.graph_client import ADA, EVENTS, IMMUTABLE, TAG, create, lesson, refusal, tagged

HOURS = range(8, 12)


@pytest.fixture
def day(graph: httpx.Client) -> httpx.Client:
    """A mailbox with four tagged lessons on 10 March 2026, at 8, 9, 10 and 11 in Zurich."""
    for hour in HOURS:
        create(
            graph,
            lesson(
                f"Lesson {hour}",
                f"2026-03-10T{hour:02}:00:00",
                f"2026-03-10T{hour:02}:45:00",
                categories=["Even" if hour % 2 == 0 else "Odd"],
                singleValueExtendedProperties=tagged(f"agenda/{hour}"),
            ),
        )
    return graph


def _subjects(graph: httpx.Client, **options: str) -> list[str]:
    answer = graph.get(EVENTS, params={f"${name}": text for name, text in options.items()})
    assert answer.status_code == 200, answer.text
    return [event["subject"] for event in answer.json()["value"]]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("subject eq 'lesson 9'", [9]),
        ("startswith(subject,'Lesson 1')", [10, 11]),
        ("contains(subject, '1')", [10, 11]),
        ("start/dateTime ge '2026-03-10T08:00:00'", [9, 10, 11]),
        ("start/dateTime ge '2026-03-10T08:00:00Z' and start/dateTime lt '2026-03-10T10:00:00Z'", [9, 10]),
        ("end/dateTime le '2026-03-10T08:45:00+01:00' or subject eq 'Lesson 11'", [8, 11]),
        ("categories/any(c: c eq 'even')", [8, 10]),
        ("categories/any(c:startswith(c,'Odd')) and not (subject eq 'Lesson 9')", [11]),
        ("type eq 'singleInstance' and isAllDay eq false and showAs ne 'free'", [8, 9, 10, 11]),
        ("start/dateTime ge 5 or subject eq 5 or start/dateTime eq null", []),
        ("lastModifiedDateTime gt 2026-03-02T05:00:00Z", []),
        (f"singleValueExtendedProperties/any(ep: ep/id eq '{TAG}' and ep/value eq 'AGENDA/8')", [8]),
        (
            f"singleValueExtendedProperties/Any(ep: ep/id eq '{TAG}' and startswith(ep/value, 'agenda/1'))",
            [10, 11],
        ),
        (f"singleValueExtendedProperties/any(ep: ep/id eq '{TAG.lower().replace('string', 'String')}')", []),
        (f"singleValueExtendedProperties/any(ep: ep/id eq '{TAG.replace('66f5', '66F5')}')", [8, 9, 10, 11]),
    ],
)
def test_filters(day: httpx.Client, text: str, hours: list[int]) -> None:
    assert _subjects(day, filter=text) == [f"Lesson {hour}" for hour in hours]


@pytest.mark.parametrize(
    "text",
    [
        "subject",
        "subject eq",
        "subject is 'x'",
        "(subject eq 'x'",
        "subject eq 'x' subject eq 'y'",
        "colour eq 'x'",
        "subject/any(s: s eq 'x')",
        "categories/any(c: d eq 'x')",
        "subject eq 'it's'",
        "'x' eq subject",
        "subject eq subject",
        "startswith(subject, 5)",
        "startswith(subject, showAs)",
        "start/dateTime ge 'soon'",
    ],
)
def test_broken_filters_are_refused(day: httpx.Client, text: str) -> None:
    assert refusal(day.get(EVENTS, params={"$filter": text}))[0] == 400


@given(st.text(), st.text())
def test_any_text_can_be_sought(sought: str, found: str) -> None:
    quoted = sought.replace("'", "''")
    readable: dict[str, filters.Property[str]] = {"subject": filters.text(lambda item: item)}
    assert filters.matches(f"subject eq '{quoted}'", readable)(found) == (
        sought.casefold() == found.casefold()
    )
    assert filters.matches(f"startswith(subject,'{quoted}')", readable)(found) == found.casefold().startswith(
        sought.casefold()
    )


@given(st.text(alphabet="()',:/ abn 0eqorandsubject"))
def test_nonsense_is_refused_and_never_crashes(text: str) -> None:
    readable: dict[str, filters.Property[str]] = {"subject": filters.text(lambda item: item)}
    try:
        filters.matches(text, readable)
    except GraphError as error:
        assert error.status == 400  # noqa: PT017 - most texts are refused, some are filters


def test_order_and_selection(day: httpx.Client) -> None:
    assert _subjects(day, orderby="start/dateTime desc")[0] == "Lesson 11"
    assert _subjects(day, orderby="showAs,subject desc") == [f"Lesson {hour}" for hour in (9, 8, 11, 10)]
    [event, *_] = day.get(EVENTS, params={"$select": "subject,start"}).json()["value"]
    assert event.keys() == {"@odata.etag", "id", "subject", "start"}
    assert refusal(day.get(EVENTS, params={"$select": "colour"})) == (400, "BadRequest")


def test_wrong_options_of_a_write_are_refused_before_it(graph: httpx.Client) -> None:
    assert refusal(graph.post(EVENTS + "?$select=colour", json=lesson())) == (400, "BadRequest")
    assert graph.get(EVENTS).json()["value"] == []


def test_ten_events_a_page_unless_asked_otherwise(graph: httpx.Client) -> None:
    for n in range(12):
        create(graph, lesson(f"Lesson {n}"))
    assert [len(page) for page in _pages(graph, "")] == [10, 2]
    assert [len(page) for page in _pages(graph, "?$top=5")] == [5, 5, 2]
    assert [len(page) for page in _pages(graph, "", {"Prefer": "odata.maxpagesize=8"})] == [8, 4]
    assert refusal(graph.get(EVENTS + "?$top=1001")) == (400, "BadRequest")
    assert graph.get(EVENTS + "?$top=1&$count=true").json()["@odata.count"] == 12
    subjects = [event["subject"] for page in _pages(graph, "?$top=5&$orderby=subject") for event in page]
    assert subjects == sorted(f"Lesson {n}" for n in range(12))


def _pages(
    graph: httpx.Client, query: str, headers: dict[str, str] | None = None
) -> list[list[dict[str, object]]]:
    pages = []
    address: str | None = EVENTS + query
    while address:
        answer = graph.get(address, headers=headers).json()
        pages.append(answer["value"])
        address = answer.get("@odata.nextLink")
    return pages


def test_a_link_to_the_next_page_works_as_it_is_and_not_otherwise(day: httpx.Client) -> None:
    first = day.get(
        EVENTS, params={"$top": "3", "$filter": "startswith(subject,'Lesson')"}, headers=IMMUTABLE
    )
    link = first.json()["@odata.nextLink"]
    [event] = day.get(link).json()["value"]
    assert event["id"].startswith("AAMk")  # a preference belongs to a request, not to the link
    assert event["subject"] == "Lesson 11"
    assert refusal(day.get(link.replace("$top=3", "$top=2"))) == (400, "ErrorInvalidUrlQuery")
    token = httpx.URL(link).params["$skiptoken"]
    assert refusal(day.get(EVENTS, params={"$skiptoken": token})) == (400, "ErrorInvalidUrlQuery")
    assert refusal(day.get(EVENTS, params={"$skiptoken": "made-up"})) == (400, "ErrorInvalidUrlQuery")


def test_the_view_needs_a_sensible_range(graph: httpx.Client) -> None:
    view = f"/users/{ADA}/calendarView"
    assert refusal(graph.get(view)) == (400, "ErrorInvalidParameter")
    backwards = {"startDateTime": "2026-03-02T00:00:00Z", "endDateTime": "2026-03-01T00:00:00Z"}
    assert refusal(graph.get(view, params=backwards)) == (400, "ErrorInvalidParameter")
    too_long = {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2031-01-01T00:00:00Z"}
    assert refusal(graph.get(view, params=too_long)) == (400, "ErrorInvalidRequest")


def test_the_view_holds_what_touches_the_range(day: httpx.Client) -> None:
    def between(start: str, end: str) -> list[str]:
        params = {"startDateTime": start, "endDateTime": end}
        answer = day.get(f"/users/{ADA}/calendar/calendarView", params=params).json()
        return [event["subject"] for event in answer["value"]]

    assert between("2026-03-10T08:30:00+01:00", "2026-03-10T10:00:00+01:00") == ["Lesson 8", "Lesson 9"]
    assert between("2026-03-10T08:45:00+01:00", "2026-03-10T09:00:00+01:00") == []
    assert between("2026-03-10T07:00:00", "2026-03-10T07:30:00Z") == ["Lesson 8"]
