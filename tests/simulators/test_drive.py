"""The simulated document library as Graph shows it: the site, its drives, items, folders page by page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

import httpx
import pytest

from scheduling_pipeline.simulators.graph.drive import Drive
from scheduling_pipeline.simulators.graph.sites import ARCHIVE, DOCUMENTS
from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import Json, refusal

SITE = "/sites/127.0.0.1:/sites/School"
LIBRARY = f"/drives/{DOCUMENTS.id}"
REPORTS = f"{LIBRARY}/root:/Reports"


@pytest.fixture
def drive(simulators: Simulators) -> Drive:
    return simulators.graph.drive


def _get(graph: httpx.Client, address: str, **options: str) -> Json:
    document: Json = graph.get(address, params=options or None).raise_for_status().json()
    return document


def _names(answer: Json) -> list[str]:
    return [item["name"] for item in answer["value"]]


def test_the_site_is_found_by_its_path_and_by_its_id(simulators: Simulators, graph: httpx.Client) -> None:
    site = _get(graph, SITE)
    assert site["webUrl"] == simulators.site_url
    assert site["id"].startswith("127.0.0.1,")
    assert _get(graph, f"/sites/{site['id']}")["id"] == site["id"]
    assert _get(graph, "/sites/localhost:/sites/school:")["id"] == site["id"]
    for missing in (
        "/sites/127.0.0.1:/sites/Other",
        "/sites/elsewhere.example:/sites/School",
        "/sites/x,y,z",
    ):
        assert refusal(graph.get(missing)) == (404, "itemNotFound")


def test_a_site_has_two_libraries_of_which_one_is_the_default(
    simulators: Simulators, graph: httpx.Client
) -> None:
    site = _get(graph, SITE)["id"]
    drives = _get(graph, f"{SITE}:/drives")["value"]
    assert [(drive["name"], drive["driveType"]) for drive in drives] == [
        ("Documents", "documentLibrary"),
        ("Archive", "documentLibrary"),
    ]
    default = _get(graph, f"/sites/{site}/drive")
    assert default["id"] == drives[0]["id"] == DOCUMENTS.id
    assert default["webUrl"] == f"{simulators.site_url}/Shared%20Documents"
    assert _get(graph, f"{SITE}:/drive")["id"] == _get(graph, LIBRARY)["id"] == DOCUMENTS.id
    assert _get(graph, f"/sites/{site}/drives/{ARCHIVE.id}/root/children")["value"] == []
    assert refusal(graph.get("/drives/b!nonsense")) == (404, "itemNotFound")


def test_a_file_is_described_as_documented(simulators: Simulators, graph: httpx.Client, drive: Drive) -> None:
    drive.put(
        "Reports/2026/data 1.csv",
        b"hello world",
        by="Ada Frey",
        at=datetime.fromisoformat("2026-02-03T04:05:06.789+01:00"),
    )
    item = _get(graph, f"{REPORTS}/2026/data 1.csv")
    parent = _get(graph, f"{REPORTS}/2026:")
    assert item["name"] == "data 1.csv"
    assert item["size"] == 11
    assert item["createdDateTime"] == item["lastModifiedDateTime"] == "2026-02-03T03:05:06Z"
    assert item["lastModifiedBy"]["user"]["displayName"] == "Ada Frey"
    assert item["fileSystemInfo"]["lastModifiedDateTime"] == item["lastModifiedDateTime"]
    assert item["file"] == {
        "mimeType": "text/csv",
        "hashes": {"quickXorHash": "aCgDG9jwBhDc4Q1yawMZAAAAAAA="},
    }
    assert item["webUrl"] == f"{simulators.site_url}/Shared%20Documents/Reports/2026/data%201.csv"
    assert item["parentReference"] == {
        "driveType": "documentLibrary",
        "driveId": DOCUMENTS.id,
        "id": parent["id"],
        "name": "2026",
        "path": f"/drives/{DOCUMENTS.id}/root:/Reports/2026",
    }
    assert parent["folder"] == {"childCount": 1}
    assert parent["size"] == 11
    assert not {"cTag", "file", "@microsoft.graph.downloadUrl"} & parent.keys()


def test_the_root_of_a_drive_is_a_folder_without_a_parent(graph: httpx.Client) -> None:
    root = _get(graph, f"{LIBRARY}/root")
    assert root["root"] == {}
    assert root["folder"] == {"childCount": 1}
    assert root["parentReference"] == {"driveType": "documentLibrary", "driveId": DOCUMENTS.id}
    assert _get(graph, f"{LIBRARY}/items/{root['id']}") == _get(graph, f"{LIBRARY}/items/root") == root


def test_tags_say_whether_the_content_or_only_the_item_changed(graph: httpx.Client, drive: Drive) -> None:
    drive.put("Reports/a.csv", b"1")
    first = _get(graph, f"{REPORTS}/a.csv")
    drive.move("Reports/a.csv", "Reports/sub/b.csv")
    renamed = _get(graph, f"{REPORTS}/sub/b.csv")
    drive.put("Reports/sub/B.CSV", b"2")
    rewritten = _get(graph, f"{REPORTS}/sub/b.csv")
    assert first["id"] == renamed["id"] == rewritten["id"]
    assert first["eTag"] != renamed["eTag"] != rewritten["eTag"]
    assert first["cTag"] == renamed["cTag"] != rewritten["cTag"]
    assert first["eTag"].startswith('"{')
    assert first["eTag"].endswith('},1"')
    assert rewritten["name"] == "b.csv"
    assert refusal(graph.get(f"{REPORTS}/a.csv")) == (404, "itemNotFound")


def test_a_new_file_at_the_path_of_a_deleted_one_is_another_item(graph: httpx.Client, drive: Drive) -> None:
    drive.put("Reports/a.csv", b"1")
    old = _get(graph, f"{REPORTS}/a.csv")["id"]
    drive.delete("Reports/a.csv")
    drive.put("Reports/a.csv", b"1")
    assert _get(graph, f"{REPORTS}/a.csv")["id"] != old
    assert refusal(graph.get(f"{LIBRARY}/items/{old}")) == (404, "itemNotFound")
    assert refusal(graph.get(f"{LIBRARY}/items/{old}/content")) == (404, "itemNotFound")


@pytest.mark.parametrize(
    "name", ["100%25 done #1.csv", "a+b & c='d'.csv", "Zürich 報告 😀.csv", "x;y[0].csv"]
)
def test_odd_names_are_addressed_as_they_are_written(graph: httpx.Client, drive: Drive, name: str) -> None:
    drive.put(f"Reports/{name}", b"odd")
    item = _get(graph, f"{REPORTS}/{quote(name)}")
    assert item["name"] == name
    folder = item["parentReference"]["id"]
    assert _get(graph, f"{LIBRARY}/items/{folder}:/{quote(name)}:")["id"] == item["id"]
    assert httpx.URL(item["webUrl"]).path.endswith("/" + name)


def test_children_come_in_pages(graph: httpx.Client, drive: Drive) -> None:
    for number in range(7):
        drive.put(f"Reports/{number}.csv", b"")
    drive.put("Reports/sub/deep.csv", b"")
    expected = [*(f"{number}.csv" for number in range(7)), "sub"]
    assert _names(_get(graph, f"{REPORTS}:/children")) == expected
    folder = _get(graph, f"{REPORTS}:")["id"]
    pages = [*_pages(graph, f"{LIBRARY}/items/{folder}/children?$top=3")]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert [name for page in pages for name in page] == expected


def _pages(graph: httpx.Client, address: str | None) -> Iterator[list[str]]:
    while address:
        answer = _get(graph, address)
        yield _names(answer)
        address = answer.get("@odata.nextLink")


def test_two_hundred_children_are_a_page(graph: httpx.Client, drive: Drive) -> None:
    for number in range(201):
        drive.put(f"Reports/{number}.csv", b"")
    assert [len(page) for page in _pages(graph, f"{REPORTS}:/children")] == [200, 1]


def test_properties_can_be_selected(graph: httpx.Client, drive: Drive) -> None:
    drive.put("Reports/a.csv", b"1")
    item = _get(graph, f"{REPORTS}/a.csv", **{"$select": "id,name"})
    assert item.keys() == {"@odata.context", "id", "name"}
    [child] = _get(graph, f"{REPORTS}:/children?$select=id,size,@microsoft.graph.downloadUrl")["value"]
    assert child.keys() == {"id", "size", "@microsoft.graph.downloadUrl"}
    assert refusal(graph.get(f"{REPORTS}:?$select=nonsense"))[0] == 400


def test_an_unchanged_item_is_not_sent_again(graph: httpx.Client, drive: Drive) -> None:
    drive.put("Reports/a.csv", b"1")
    etag = _get(graph, f"{REPORTS}/a.csv")["eTag"]
    assert graph.get(f"{REPORTS}/a.csv", headers={"If-None-Match": etag}).status_code == 304
    drive.put("Reports/a.csv", b"2")
    assert graph.get(f"{REPORTS}/a.csv", headers={"If-None-Match": etag}).status_code == 200


def test_items_are_got_in_a_batch(graph: httpx.Client, drive: Drive) -> None:
    drive.put("Reports/a b.csv", b"1")
    steps = [
        {"id": "1", "method": "GET", "url": f"{REPORTS}/a%20b.csv"},
        {"id": "2", "method": "GET", "url": f"{REPORTS}/none.csv"},
        {"id": "3", "method": "GET", "url": f"{REPORTS}/a%20b.csv:/content"},
    ]
    answer = graph.post("/$batch", json={"requests": steps}).json()["responses"]
    replies = {reply["id"]: reply for reply in answer}
    assert [replies[key]["status"] for key in "123"] == [200, 404, 302]
    assert replies["1"]["body"]["name"] == "a b.csv"
    assert "tempauth" in replies["3"]["headers"]["Location"]


def test_what_is_not_simulated_is_said(graph: httpx.Client) -> None:
    assert graph.put(f"{REPORTS}/a.csv:/content", content=b"").status_code == 501
    for address in (f"{REPORTS}:/delta", f"{REPORTS}:/permissions", f"{REPORTS}:/children?$filter=size gt 1"):
        assert graph.get(address).status_code == 501
