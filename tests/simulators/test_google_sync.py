"""Lists of events: what they hold, their order, pages, and changes since an earlier list."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulators.google_calendars import BRUNO, NEW_YORK, Google, Json, all_day, course, meeting

ADDRESS = "/calendars/primary/events"
SECOND = "abcde_20260914T130000Z"
THIRD = "abcde_20260921T130000Z"


@pytest.fixture
def google(tmp_path: Path) -> Google:
    return Google(tmp_path)


def ids(items: list[Json]) -> list[str]:
    return [item["id"] for item in items]


def test_a_list_says_what_calendar_it_is_of(google: Google) -> None:
    calendar = google.calendar("Courses")
    page = google.page(calendar)
    assert (page["kind"], page["summary"], page["timeZone"]) == ("calendar#events", "Courses", NEW_YORK)
    assert (page["accessRole"], page["defaultReminders"], page["items"]) == ("owner", [], [])
    assert google.page()["defaultReminders"] == [{"method": "popup", "minutes": 30}]


def test_a_series_comes_with_its_changed_and_cancelled_instances(google: Google) -> None:
    google.insert(course("Algebra", id="abcde"))
    google.patch(SECOND, {"location": "Hall 7"})
    google.delete(THIRD)
    series, changed, cancelled = google.listed()
    assert series["recurrence"]
    assert (changed["id"], changed["location"], changed["summary"]) == (SECOND, "Hall 7", "Algebra")
    assert cancelled == {
        "kind": "calendar#event",
        "etag": cancelled["etag"],
        "id": THIRD,
        "status": "cancelled",
        "recurringEventId": "abcde",
        "originalStartTime": {"dateTime": "2026-09-21T09:00:00-04:00", "timeZone": NEW_YORK},
    }


def test_single_events_are_instances_instead_of_their_series(google: Google) -> None:
    google.insert(course(id="abcde"))
    google.insert(meeting("Talk", "2026-09-10T12:00:00", "2026-09-10T13:00:00", id="talk0"))
    google.delete(THIRD)
    found = google.listed(singleEvents="true", orderBy="startTime")
    assert [item["start"]["dateTime"][8:10] for item in found] == ["07", "10", "14", "28", "05"]
    everything = google.listed(singleEvents="true", showDeleted="true")
    assert [item["status"] for item in everything].count("cancelled") == 1


def test_the_order_by_start_needs_single_events(google: Google) -> None:
    assert google.refused("GET", ADDRESS, orderBy="startTime") == (400, "badRequest")
    assert google.refused("GET", ADDRESS, orderBy="summary") == (400, "invalid")


def test_the_order_by_change(google: Google) -> None:
    for event_id in ("first", "secnd"):
        google.insert(meeting(id=event_id))
    google.patch("first", {"summary": "Changed"})
    assert ids(google.listed(orderBy="updated")) == ["secnd", "first"]


def test_a_window_takes_what_touches_it(google: Google) -> None:
    google.insert(meeting(id="abcde"))  # 13:00 to 14:15 UTC
    day = "2026-09-07T"
    for begin, end, expected in [
        ("14:15:00Z", "23:00:00Z", []),
        ("14:14:59Z", "23:00:00Z", ["abcde"]),
        ("00:00:00Z", "13:00:00Z", []),
        ("00:00:00Z", "13:00:01Z", ["abcde"]),
        ("15:14:59+01:00", "23:00:00Z", ["abcde"]),
    ]:
        assert ids(google.listed(timeMin=day + begin, timeMax=day + end)) == expected


def test_a_series_is_in_a_window_that_one_of_its_instances_touches(google: Google) -> None:
    google.insert(course(id="abcde"))
    assert ids(google.listed(timeMin="2026-10-05T00:00:00Z")) == ["abcde"]
    assert google.listed(timeMin="2026-10-06T00:00:00Z") == []
    assert google.listed(timeMin="2026-09-08T00:00:00Z", timeMax="2026-09-14T00:00:00Z") == []
    google.patch(SECOND, {"end": {"dateTime": "2026-09-20T10:00:00"}})
    assert ids(google.listed(timeMin="2026-09-15T00:00:00Z", timeMax="2026-09-16T00:00:00Z")) == [
        "abcde",
        SECOND,
    ]


def test_all_day_events_lie_in_the_calendars_zone(google: Google) -> None:
    google.insert(all_day("Break", "2026-11-26", "2026-11-27", id="break"))
    assert ids(google.listed(timeMin="2026-11-27T04:59:59Z")) == ["break"]
    assert google.listed(timeMin="2026-11-27T05:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"timeMin": "2026-09-07T00:00:00"}, "invalid"),
        ({"timeMin": "2026-09-07"}, "invalid"),
        ({"timeMin": "2026-09-31T00:00:00Z"}, "invalid"),
        ({"timeMin": "2026-09-07T00:00:00Z", "timeMax": "2026-09-07T00:00:00Z"}, "timeRangeEmpty"),
        ({"maxResults": "0"}, "invalid"),
        ({"maxResults": "many"}, "invalid"),
        ({"singleEvents": "yes"}, "invalid"),
        ({"pageToken": "nonsense"}, "invalid"),
        ({"timeZone": "Nowhere"}, "invalid"),
        ({"quotaUser": "x" * 41}, "invalid"),
        ({"timemin": "2026-09-07T00:00:00Z"}, "badRequest"),
    ],
)
def test_bad_parameters_are_refused(google: Google, query: dict[str, str], reason: str) -> None:
    assert google.refused("GET", ADDRESS, None, None, **query) == (400, reason)


def test_repeated_properties_match_any_of_one_kind_and_both_kinds(google: Google) -> None:
    def tagged(event_id: str, private: Json, shared: Json) -> None:
        google.insert(meeting(id=event_id, extendedProperties={"private": private, "shared": shared}))

    tagged("first", {"owner": "timetable"}, {"term": "fall"})
    tagged("secnd", {"owner": "timetable", "kind": "exam"}, {})
    tagged("third", {"owner": "person"}, {"term": "fall"})
    assert ids(google.listed(privateExtendedProperty="owner=timetable")) == ["first", "secnd"]
    assert ids(google.listed(privateExtendedProperty=["kind=exam", "owner=person"])) == ["secnd", "third"]
    both = google.listed(privateExtendedProperty="owner=timetable", sharedExtendedProperty="term=fall")
    assert ids(both) == ["first"]
    assert google.listed(privateExtendedProperty="term=fall") == []


def test_instances_are_found_by_the_properties_of_their_series(google: Google) -> None:
    google.insert(course(id="abcde", extendedProperties={"private": {"owner": "timetable"}}))
    google.patch(SECOND, {"location": "Hall 7"})
    google.delete(THIRD)
    assert ids(google.listed(privateExtendedProperty="owner=timetable")) == ["abcde", SECOND, THIRD]


def test_words_are_searched_in_what_people_wrote(google: Google) -> None:
    google.insert(meeting("Linear Algebra", id="abcde", location="Hall 112", description="Dr. Ines Moser"))
    google.insert(meeting("Geometry", id="fghij", attendees=[{"email": BRUNO}]))
    for words, expected in [
        ("algebra", ["abcde"]),
        ("moser LINEAR", ["abcde"]),
        ("algebra geometry", []),
        ("bruno", ["fghij"]),
    ]:
        assert ids(google.listed(q=words)) == expected


def test_an_event_is_found_by_its_uid(google: Google) -> None:
    google.insert(course(id="abcde"))
    google.insert(meeting(id="fghij"))
    assert ids(google.listed(iCalUID="abcde@google.com")) == ["abcde"]


def test_event_types(google: Google) -> None:
    google.insert(meeting(id="abcde"))
    assert ids(google.listed(eventTypes=["default", "focusTime"])) == ["abcde"]
    assert google.listed(eventTypes="focusTime") == []
    assert google.refused("GET", ADDRESS, eventTypes="party") == (400, "invalid")


def test_what_changed_since_a_moment_includes_what_was_deleted(google: Google) -> None:
    for event_id in ("first", "secnd", "third"):
        google.insert(meeting(id=event_id))
    google.wait(hours=1)
    google.patch("first", {"summary": "Changed"})
    google.delete("secnd")
    assert ids(google.listed(updatedMin="2026-03-02T05:30:00Z")) == ["first", "secnd"]
    google.wait(days=60)
    assert google.refused("GET", ADDRESS, updatedMin="2026-03-02T05:30:00Z") == (410, "updatedMinTooLongAgo")


def test_deleted_events_are_shown_on_request(google: Google) -> None:
    google.insert(meeting(id="abcde"))
    google.delete("abcde")
    assert google.listed() == []
    assert [item["status"] for item in google.listed(showDeleted="true")] == ["cancelled"]


def test_pages_hold_250_events_unless_asked_otherwise(google: Google) -> None:
    for _ in range(251):
        google.insert(meeting())
    page = google.page()
    assert len(page["items"]) == 250
    assert "nextSyncToken" not in page
    rest = google.page(pageToken=page["nextPageToken"])
    assert len(rest["items"]) == 1
    assert "nextPageToken" not in rest
    assert len({item["id"] for item in page["items"] + rest["items"]}) == 251
    assert len(google.listed(maxResults="9999")) == 251


def test_a_page_holds_2500_events_at_most(google: Google) -> None:
    google.insert(course(recurrence=["RRULE:FREQ=DAILY;COUNT=700"], id="abcde"))
    for name in ("b", "c", "d"):
        google.insert(course(recurrence=["RRULE:FREQ=DAILY;COUNT=700"], id=name * 5))
    assert len(google.listed(singleEvents="true", maxResults="9999")) == 2500


@pytest.mark.parametrize("order", [{}, {"orderBy": "updated"}, {"orderBy": "startTime"}])
def test_pages_make_up_the_whole_list(google: Google, order: dict[str, str]) -> None:
    for number in range(4):
        google.insert(course(id=f"{number}" * 5))
    query = {"singleEvents": "true", **order}
    whole = ids(google.listed("primary", **query))
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = google.page("primary", **query, **token, maxResults="3")
        found += ids(page["items"])
        if "nextPageToken" not in page:
            break
        token = {"pageToken": page["nextPageToken"]}
    assert found == whole
    assert len(found) == 20


def test_a_page_token_goes_with_its_list(google: Google) -> None:
    for _ in range(3):
        google.insert(meeting())
    token = google.page(maxResults="1")["nextPageToken"]
    assert google.refused("GET", ADDRESS, pageToken=token, q="x") == (400, "invalid")


def test_a_sync_token_tells_what_changed_and_what_was_deleted(google: Google) -> None:
    for event_id in ("first", "secnd", "third"):
        google.insert(meeting(id=event_id))
    token = google.page()["nextSyncToken"]
    assert google.listed(syncToken=token) == []
    google.patch("first", {"summary": "Changed"})
    google.delete("secnd")
    google.insert(meeting(id="forth"))
    page = google.page(syncToken=token)
    assert {item["id"]: item["status"] for item in page["items"]} == {
        "first": "confirmed",
        "secnd": "cancelled",
        "forth": "confirmed",
    }
    assert google.listed(syncToken=page["nextSyncToken"]) == []


def test_changes_of_instances_are_changes(google: Google) -> None:
    google.insert(course(id="abcde"))
    token = google.page()["nextSyncToken"]
    google.patch(SECOND, {"location": "Hall 7"})
    google.delete(THIRD)
    assert [(item["id"], item["status"]) for item in google.listed(syncToken=token)] == [
        (SECOND, "confirmed"),
        (THIRD, "cancelled"),
    ]


def test_a_deleted_series_is_told_as_its_cancelled_instances_where_they_were_listed(google: Google) -> None:
    google.insert(course(id="abcde"))
    token = google.page(singleEvents="true")["nextSyncToken"]
    google.delete("abcde")
    changes = google.listed(singleEvents="true", syncToken=token)
    assert [item["status"] for item in changes] == ["cancelled"] * 5


def test_nothing_is_missed_between_two_pages(google: Google) -> None:
    for event_id in ("first", "secnd", "third"):
        google.insert(meeting(id=event_id))
    page = google.page(maxResults="2")
    google.patch("first", {"summary": "Changed"})
    last = google.page(maxResults="2", pageToken=page["nextPageToken"])
    assert ids(google.listed(syncToken=last["nextSyncToken"])) == ["first"]


def test_changes_come_in_pages_too(google: Google) -> None:
    token = google.page()["nextSyncToken"]
    for event_id in ("first", "secnd", "third"):
        google.insert(meeting(id=event_id))
    page = google.page(syncToken=token, maxResults="2")
    assert "nextSyncToken" not in page
    rest = google.page(syncToken=token, maxResults="2", pageToken=page["nextPageToken"])
    assert ids(page["items"] + rest["items"]) == ["first", "secnd", "third"]
    assert google.listed(syncToken=rest["nextSyncToken"]) == []


def test_a_window_stays_with_the_sync_token(google: Google) -> None:
    google.insert(meeting(id="inner"))
    google.insert(meeting(id="outer"))
    token = google.page(timeMin="2026-09-01T00:00:00Z", timeMax="2026-10-01T00:00:00Z")["nextSyncToken"]
    later = {"start": {"dateTime": "2026-12-07T09:00:00"}, "end": {"dateTime": "2026-12-07T10:00:00"}}
    google.patch("inner", {"summary": "Changed"})
    google.patch("outer", later)
    assert ids(google.listed(syncToken=token)) == ["inner"]


@pytest.mark.parametrize(
    "query",
    [
        {"iCalUID": "x"},
        {"orderBy": "updated"},
        {"privateExtendedProperty": "a=b"},
        {"q": "x"},
        {"sharedExtendedProperty": "a=b"},
        {"timeMin": "2026-09-07T00:00:00Z"},
        {"timeMax": "2026-09-07T00:00:00Z"},
        {"updatedMin": "2026-03-02T00:00:00Z"},
        {"showDeleted": "false"},
    ],
)
def test_a_sync_token_goes_with_no_filter(google: Google, query: dict[str, str]) -> None:
    token = google.page()["nextSyncToken"]
    assert google.refused("GET", ADDRESS, None, None, syncToken=token, **query) == (400, "invalid")


@pytest.mark.parametrize("query", [{"q": "x"}, {"orderBy": "updated"}, {"privateExtendedProperty": "a=b"}])
def test_a_filtered_list_gives_no_sync_token(google: Google, query: dict[str, str]) -> None:
    assert "nextSyncToken" not in google.page("primary", **query)


def test_an_old_or_unknown_sync_token_is_gone(google: Google) -> None:
    token = google.page()["nextSyncToken"]
    for unknown in ("nonsense", "1" + token, google.page(google.calendar())["nextSyncToken"], "AAAA"):
        assert google.refused("GET", ADDRESS, syncToken=unknown) == (410, "fullSyncRequired")
    google.wait(days=google.settings.sync_token_days)
    assert google.listed(syncToken=token) == []
    google.wait(seconds=1)
    assert google.refused("GET", ADDRESS, syncToken=token) == (410, "fullSyncRequired")


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["patch", "delete", "revive", "move", "patch instance", "delete instance", "sync"]),
        st.sampled_from(["aaaaa", "bbbbb", "ccccc"]),
        st.integers(0, 4),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(CHANGES)
def test_who_follows_the_changes_has_what_a_full_list_has(changes: list[tuple[str, str, int]]) -> None:
    with TemporaryDirectory() as home:
        google = Google(Path(home))
        for event_id in ("aaaaa", "bbbbb", "ccccc"):
            google.insert(course(id=event_id) if event_id != "ccccc" else meeting(id=event_id))
        follower = Follower(google)
        for action, event_id, number in changes:
            if action == "sync":
                follower.follow()
            else:
                change(google, action, event_id, number)
        follower.follow()
        assert follower.known == {item["id"]: item for item in google.listed()}
        google.store.close()


class Follower:
    """A client that reads everything once, and from then on what changed, in small pages."""

    def __init__(self, google: Google) -> None:
        self._google = google
        self._token: dict[str, str] = {}
        self.known: dict[str, Json] = {}
        self.follow()

    def follow(self) -> None:
        page: Json = {"nextPageToken": None}
        while "nextPageToken" in page:
            after = {"pageToken": page["nextPageToken"]} if page["nextPageToken"] else {}
            page = self._google.page("primary", maxResults="2", **self._token, **after)
            for item in page["items"]:
                self._take(item)
        self._token = {"syncToken": page["nextSyncToken"]}

    def _take(self, item: Json) -> None:
        """A changed series comes before its kept instances, and with all of them."""
        if "recurringEventId" not in item:
            self.known = {
                event_id: known
                for event_id, known in self.known.items()
                if event_id != item["id"] and known.get("recurringEventId") != item["id"]
            }
        if item["status"] != "cancelled" or "recurringEventId" in item:
            self.known[item["id"]] = item


def change(google: Google, action: str, event_id: str, number: int) -> None:
    """What people do with an event, as far as its state allows it."""
    if "instance" in action:
        instances = google.instances(event_id) if event_id != "ccccc" else []
        if number < len(instances) and action == "patch instance":
            google.patch(instances[number]["id"], {"location": f"Hall {number}"})
        elif number < len(instances):
            google.delete(instances[number]["id"])
    elif action == "patch":
        google.patch(event_id, {"summary": f"Title {number}"})
    elif action == "revive":
        google.patch(event_id, {"status": "confirmed"})
    elif action == "move":
        begin, end = f"2026-09-07T{9 + number:02d}:00:00", f"2026-09-07T{9 + number:02d}:50:00"
        google.patch(event_id, {"start": {"dateTime": begin}, "end": {"dateTime": end}})
    elif google.get(event_id)["status"] != "cancelled":
        google.delete(event_id)


def test_a_sync_token_survives_a_restart(google: Google) -> None:
    google.insert(meeting(id="first"))
    token = google.page()["nextSyncToken"]
    google.restart()
    google.insert(meeting(id="secnd"))
    assert ids(google.listed(syncToken=token)) == ["secnd"]
