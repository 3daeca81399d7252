"""A library of Graph as the flow sees it: pages, items, errors, and how the library is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import httpx
import orjson
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from resources.graph_client import BATCH, GraphClient
from resources.graph_wire import Json
from resources.patience import Patience
from resources.sharepoint import SharePointDrive
from resources.sharepoint_download import Downloader
from resources.sharepoint_site import wanted
from resources.sharepoint_wire import page
from scheduling_pipeline.files.model import Download, Drive, DriveError, DriveItem, ResyncError
from tests.resources.test_graph_client import BASE, FixedToken

SITE = "https://school.example/sites/Office"
SECRET = "v1.precious"
ADDRESS = f"https://school.example/download?tempauth={SECRET}"
DELTA = f"{BASE}/drives/b!docs/root/delta?token=1"
DOCUMENTS = {"id": "b!docs", "name": "Documents", "webUrl": f"{SITE}/Shared%20Documents"}
ARCHIVE = {"id": "b!old", "name": "Archive", "webUrl": f"{SITE}/OldFiles"}
FILE: Json = {
    "id": "f1",
    "name": "Dials__2025-07-11_0900.csv",
    "parentReference": {"driveId": "b!docs", "id": "folder"},
    "file": {"mimeType": "text/csv", "hashes": {"quickXorHash": "AAAA"}},
    "eTag": '"{F1},2"',
    "cTag": '"c:{F1},1"',
    "size": 12,
    "lastModifiedDateTime": "2025-07-11T09:00:00.1234567Z",
    "lastModifiedBy": {"user": {"displayName": "Ana Martel", "email": "ana.martel@school.example"}},
}

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2):
        yield


class Graph:
    """A Graph with one site. `answers`: to paths below the version; `items`: what is looked up in a batch."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.items: Mapping[str, Json | int] = {}
        self.answers: dict[str, Json | httpx.Response] = {
            "/sites/school.example:/sites/Office": {"id": "school.example,1,2", "displayName": "Office"},
            "/sites/school.example,1,2/drives": {"value": [DOCUMENTS, ARCHIVE]},
            "/drives/b!docs/root:/Reports": {"id": "r", "name": "Reports", "folder": {}},
            "/drives/b!docs/root:/Reports/2025": {"id": "y", "name": "2025", "folder": {}},
            "/drives/b!docs/root:/notes.txt": {"id": "n", "name": "notes.txt", "file": {}},
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.path).removeprefix("/v1.0")
        self.asked.append(path)
        if path == "/$batch":
            return self._batch(orjson.loads(request.content)["requests"])
        answer = self.answers.get(path, failure(404, "itemNotFound"))
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def _batch(self, parts: list[Json]) -> httpx.Response:
        assert len(parts) <= BATCH
        responses = []
        for part in parts:
            item = self.items[unquote(part["url"]).rpartition("/")[2]]
            status, body = (item, {"error": {"code": "No"}}) if isinstance(item, int) else (200, item)
            responses.append({"id": part["id"], "status": status, "body": body})
        return httpx.Response(200, json={"responses": responses})

    def drive(self, *folders: str, site: str = SITE) -> SharePointDrive:
        http = httpx.Client(transport=httpx.MockTransport(self))
        patience = Patience(2, 60)
        client = GraphClient(http, FixedToken(), base_url=BASE, concurrency=4, patience=patience)
        downloader = Downloader(
            http, host="school.example", max_bytes=1000, patience=patience, pace=client.pace
        )
        return SharePointDrive(client, downloader, site, folders or ("/Shared Documents/Reports",))


def failure(status: int, code: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": "Because."}}, headers=headers)


def changes(answer: Json | httpx.Response, link: str | None = None) -> Any:  # noqa: ANN401 - a Page or an error
    graph = Graph()
    graph.answers["/drives/b!docs/root/delta"] = answer
    return graph.drive().changes(link)


def only(item: Json) -> list[DriveItem]:
    return list(page({"value": [item], "@odata.deltaLink": DELTA}).items)


# The library


def test_a_library_is_found_by_its_address_or_its_name_in_any_letter_case() -> None:
    for folder in ("/Shared Documents/Reports", "shared documents", "/Documents/", "DOCUMENTS/reports"):
        assert Graph().drive(folder).id == "b!docs"
    assert Graph().drive("OldFiles").id == "b!old"
    assert Graph().drive("Archive").id == "b!old"


def test_the_address_of_a_library_goes_before_the_name_of_another() -> None:
    graph = Graph()
    graph.answers["/sites/school.example,1,2/drives"] = {
        "value": [ARCHIVE | {"name": "Shared Documents"}, DOCUMENTS]
    }
    assert graph.drive().id == "b!docs"


def test_folders_are_paths_in_the_library_as_it_writes_them() -> None:
    assert Graph().drive("/Shared Documents").folders == [""]
    graph = Graph()
    graph.answers["/drives/b!docs/root:/REPORTS"] = {"id": "r", "name": "Reports", "folder": {}}
    drive = graph.drive("/Shared Documents/REPORTS/2025/", "Shared Documents/Reports")
    assert drive.folders == ["Reports/2025", "Reports"]


def test_the_library_and_its_folders_are_looked_up_once_and_only_when_needed() -> None:
    graph = Graph()
    drive = graph.drive()
    assert graph.asked == []
    for _ in range(2):
        assert (drive.id, drive.folders) == ("b!docs", ["Reports"])
    assert graph.asked == [
        "/sites/school.example:/sites/Office",
        "/sites/school.example,1,2/drives",
        "/drives/b!docs/root:/Reports",
    ]


def test_the_site_may_be_the_tenants_root() -> None:
    graph = Graph()
    graph.answers["/sites/school.example"] = {"id": "school.example,1,2"}
    assert graph.drive(site="https://school.example/").id == "b!docs"


def said(drive: SharePointDrive) -> str:
    """What is said about a library that cannot be used."""
    with pytest.raises(DriveError) as caught:
        _ = drive.folders
    assert not caught.value.transient
    return str(caught.value)


def test_what_is_set_up_wrong_is_said_with_the_setting_to_change() -> None:
    assert f"no site {SITE}s; check sharepoint_site_url" in said(Graph().drive(site=f"{SITE}s"))
    library = said(Graph().drive("/Documnets/Reports"))
    assert "the site Office has no library 'Documnets', only: Shared Documents, OldFiles" in library
    assert "sharepoint_folder" in library
    assert "has no folder 'Reports/2024'; check sharepoint_folder" in said(
        Graph().drive("/Documents/Reports/2024/May")
    )
    assert "'notes.txt' is not a folder" in said(Graph().drive("/Documents/notes.txt"))
    assert "in one library" in said(Graph().drive("/Shared Documents/Reports", "/OldFiles"))
    assert "names no library" in said(Graph().drive("/"))


@pytest.mark.parametrize(
    "place",
    [
        "/sites/school.example:/sites/Office",
        "/sites/school.example,1,2/drives",
        "/drives/b!docs/root:/Reports",
        "/drives/b!docs/root/delta",
    ],
)
def test_a_missing_permission_is_named_with_the_place_to_grant_it(place: str) -> None:
    graph = Graph()
    graph.answers[place] = failure(403, "accessDenied")
    drive = graph.drive()
    with pytest.raises(DriveError, match=r"accessDenied.*Sites\.Read\.All.*Sites\.Selected.*API permissions"):
        _ = drive.folders, drive.changes(None)


@pytest.mark.parametrize("answer", [{}, {"value": [{"id": "x"}]}])
def test_an_answer_that_is_not_as_documented_is_an_error(answer: Json) -> None:
    for place in ("/sites/school.example:/sites/Office", "/sites/school.example,1,2/drives"):
        graph = Graph()
        graph.answers[place] = answer
        with pytest.raises(DriveError):
            _ = graph.drive().id


@given(
    st.lists(
        st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1), min_size=1
    )
)
def test_a_folder_is_parted_into_the_library_and_the_path_in_it(names: list[str]) -> None:
    parted = wanted(["/" + "/".join(names)])
    assert (parted.library, parted.folders) == (names[0], ["/".join(names[1:])])


# Changes


def test_a_page_is_read_as_the_drive_describes_it() -> None:
    folder = {"id": "folder", "name": "Reports", "parentReference": {"id": "root"}, "folder": {}}
    root = {"id": "root", "name": "root", "root": {}, "folder": {}, "parentReference": {"driveId": "b!docs"}}
    deleted = {"id": "gone", "deleted": {"state": "deleted"}, "lastModifiedDateTime": "0001-01-01T00:00:00"}
    found = changes(
        {"value": [root, folder, FILE, FILE | {"name": "again.csv"}, deleted], "@odata.nextLink": DELTA}
    )
    assert found.next_link == DELTA
    assert found.delta_link is None
    first, second, third, fourth, fifth = found.items
    assert (first.id, first.parent_id, first.folder) == ("root", None, True)
    assert (second.id, second.parent_id, second.name, second.folder) == ("folder", "root", "Reports", True)
    assert third == DriveItem(
        id="f1",
        name="Dials__2025-07-11_0900.csv",
        parent_id="folder",
        etag='"{F1},2"',
        ctag='"c:{F1},1"',
        size=12,
        quick_xor="AAAA",
        modified_at=datetime(2025, 7, 11, 9, 0, 0, 123456, tzinfo=UTC),
        modified_by="Ana Martel",
    )
    assert (fourth.id, fourth.name) == ("f1", "again.csv")
    assert fifth == DriveItem("gone", deleted=True)


def test_the_first_page_asks_for_the_facet_of_deleted_items_too() -> None:
    queries: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        queries.append(request.url.params["$select"])
        return httpx.Response(200, json={"value": [], "@odata.deltaLink": DELTA})

    graph = Graph()
    drive = graph.drive()
    assert drive.id
    drive.client._http = httpx.Client(transport=httpx.MockTransport(answer))
    assert drive.changes(None).delta_link == DELTA
    assert {"id", "deleted", "package", "parentReference", "file", "folder"} <= set(queries[0].split(","))


def test_a_link_is_followed_as_it_came() -> None:
    link = f"{BASE}/drives/b!docs/root/delta(token='a%20b')?$top=5"
    graph = Graph()
    graph.answers["/drives/b!docs/root/delta(token='a b')"] = {"value": [], "@odata.deltaLink": DELTA}
    assert graph.drive().changes(link).delta_link == DELTA


def test_what_delta_leaves_out_is_missing_and_not_wrong() -> None:
    bare = {"id": "f1", "name": "a.csv", "parentReference": {"id": "p"}, "file": {}, "lastModifiedBy": None}
    assert only(bare) == [DriveItem("f1", "a.csv", "p")]


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ({"user": {"displayName": "Ana Martel"}}, "Ana Martel"),
        ({"user": {"email": "ana@school.example", "displayName": None}}, "ana@school.example"),
        ({"user": {}, "application": {"displayName": "Genesys export"}}, "Genesys export"),
        ({}, ""),
    ],
)
def test_who_modified_a_file_is_a_person_or_else_a_program(who: Json, name: str) -> None:
    (item,) = only(FILE | {"lastModifiedBy": who})
    assert item.modified_by == name


@pytest.mark.parametrize(
    "other",
    [
        {"package": {"type": "oneNote"}},
        {"package": {"type": "oneNote"}, "folder": {"childCount": 2}},
        {"remoteItem": {"id": "elsewhere", "folder": {}}},
    ],
)
def test_notebooks_and_shortcuts_are_no_items(other: Json) -> None:
    thing = {"id": "x", "name": "Notes", "parentReference": {"id": "root"}} | other
    assert only(thing) == []


def test_names_are_taken_as_they_are() -> None:
    for name in ("..", "CON", "a\x00b", "e\u0301.csv", "a" * 500, " x ", "../../etc/passwd"):
        (item,) = only(FILE | {"name": name})
        assert item.name == name


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"value": None, "@odata.deltaLink": DELTA},
        {"value": {}, "@odata.deltaLink": DELTA},
        {"value": []},
        {"value": ["f1"], "@odata.deltaLink": DELTA},
        *(
            {
                "value": [{name: value for name, value in FILE.items() if name != missing}],
                "@odata.deltaLink": DELTA,
            }
            for missing in ("id", "name", "parentReference")
        ),
        {"value": [FILE | {"id": ""}], "@odata.deltaLink": DELTA},
        {"value": [FILE | {"size": -1}], "@odata.deltaLink": DELTA},
        {"value": [FILE | {"size": "large"}], "@odata.deltaLink": DELTA},
        {"value": [FILE | {"lastModifiedDateTime": "2025-07-11T09:00:00"}], "@odata.deltaLink": DELTA},
        {"value": [FILE | {"lastModifiedDateTime": "yesterday"}], "@odata.deltaLink": DELTA},
        {"value": [], "@odata.nextLink": "https://elsewhere.example/v1.0/drives"},
        {"value": [], "@odata.deltaLink": "http://graph.example/v1.0/drives"},
    ],
)
def test_a_page_that_is_not_as_documented_is_an_error_and_not_an_empty_page(body: Json) -> None:
    with pytest.raises(DriveError):
        changes(body)


def test_a_link_to_another_host_is_not_followed() -> None:
    with pytest.raises(DriveError, match="another host") as caught:
        Graph().drive().changes("https://elsewhere.example/v1.0/drives/b!docs/root/delta")
    assert not caught.value.transient


@pytest.mark.parametrize(
    ("location", "link"),
    [
        (DELTA, DELTA),
        ("https://elsewhere.example/v1.0/drives/b!docs/root/delta", None),
        ("", None),
        (None, None),
    ],
)
def test_a_link_that_is_no_longer_known_says_where_to_begin_again(
    location: str | None, link: str | None
) -> None:
    headers = {} if location is None else {"Location": location}
    with pytest.raises(ResyncError) as caught:
        changes(failure(410, "resyncChangesApplyDifferences", **headers))
    assert caught.value.link == link


@pytest.mark.parametrize(
    ("status", "transient"),
    [(400, False), (401, True), (403, False), (404, False), (423, True)]
    + [(status, True) for status in (408, 429, 500, 503, 504)],
)
def test_whether_the_same_may_succeed_later_is_said(status: int, transient: bool) -> None:  # noqa: FBT001
    with pytest.raises(
        DriveError, match=f"the changes in Shared Documents cannot be read: {status}"
    ) as caught:
        changes(failure(status, "No"))
    assert caught.value.transient == transient


# Newest


def test_the_newest_versions_come_twenty_to_a_request() -> None:
    graph = Graph()
    graph.items = {
        f"f{n}": FILE | {"id": f"f{n}", "@microsoft.graph.downloadUrl": ADDRESS} for n in range(45)
    }
    drive = graph.drive()
    found = drive.newest(list(graph.items))
    assert list(found) == list(graph.items)
    assert graph.asked.count("/$batch") == 3
    first = found["f0"]
    assert isinstance(first, Download)
    assert first.url == ADDRESS
    assert first.item.etag == '"{F1},2"'
    assert SECRET not in repr(found)


def test_each_item_is_present_gone_or_refused() -> None:
    graph = Graph()
    there = FILE | {"@microsoft.graph.downloadUrl": ADDRESS}
    graph.items = {
        "there": there,
        "gone": 404,
        "long gone": 410,
        "deleted": {"id": "deleted", "deleted": {}},
        "locked": 423,
        "forbidden": 403,
        "busy": 503,
        "throttled": 429,
        "folder": {"id": "x", "name": "x", "parentReference": {"id": "p"}, "folder": {}},
        "unaddressed": FILE,
        "malformed": there | {"size": -1},
    }
    found = graph.drive().newest(list(graph.items))
    assert isinstance(found["there"], Download)
    assert [name for name, answer in found.items() if answer is None] == ["gone", "long gone", "deleted"]
    refused = {name: answer.transient for name, answer in found.items() if isinstance(answer, DriveError)}
    assert refused == {
        "locked": True,
        "forbidden": False,
        "busy": True,
        "throttled": True,
        "folder": False,
        "unaddressed": True,
        "malformed": True,
    }
    assert SECRET not in repr(found)


@pytest.mark.parametrize("status", [401, 403, 503])
def test_when_every_item_is_refused_nothing_can_be_asked(status: int) -> None:
    graph = Graph()
    graph.items = dict.fromkeys(["a", "b"], status)
    with pytest.raises(DriveError, match=str(status)):
        graph.drive().newest(["a", "b"])


def test_nothing_asked_is_nothing_found() -> None:
    assert Graph().drive().newest([]) == {}


def test_it_is_a_drive() -> None:
    drive: Drive = Graph().drive()
    assert drive.id == "b!docs"
