"""The bytes of files in the simulated library: pre-authenticated addresses, ranges, and what goes wrong."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.graph.drive import Drive
from scheduling_pipeline.simulators.graph.quick_xor import quick_xor_hash
from scheduling_pipeline.simulators.graph.sites import DOCUMENTS
from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import Json, refusal

ITEM = f"/drives/{DOCUMENTS.id}/root:/Reports/a b.csv"
CONTENT = bytes(range(256)) * 40
DOWNLOAD = "^GET /download/Reports/a b.csv$"


@pytest.fixture
def drive(simulators: Simulators) -> Drive:
    drive = simulators.graph.drive
    drive.put("Reports/a b.csv", CONTENT)
    return drive


@pytest.fixture
def url(graph: httpx.Client, drive: Drive) -> str:  # noqa: ARG001 - the file must be there
    """Where the file's bytes are."""
    return str(_item(graph)["@microsoft.graph.downloadUrl"])


def _item(graph: httpx.Client) -> Json:
    item: Json = graph.get(ITEM).json()
    return item


def _arm(simulators: Simulators, kind: str, match: str = DOWNLOAD, **params: object) -> None:
    simulators.graph.control.arm(Fault(kind, match, params=params))


def test_content_leads_to_an_address_that_needs_no_sign_in(
    simulators: Simulators, graph: httpx.Client, web: httpx.Client, url: str
) -> None:
    answer = graph.get(f"{ITEM}:/content")
    assert answer.status_code == 302
    assert httpx.URL(url).path == httpx.URL(answer.headers["Location"]).path
    assert url.startswith(f"{simulators.site_url}/_layouts/15/download.aspx?UniqueId=")
    file = web.get(answer.headers["Location"])
    assert file.content == CONTENT
    assert file.headers["Accept-Ranges"] == "bytes"
    assert file.headers["ETag"] == _item(graph)["eTag"]
    assert file.headers["Content-Type"] == "text/csv"


def test_a_folder_has_no_content(graph: httpx.Client) -> None:
    assert refusal(graph.get(f"/drives/{DOCUMENTS.id}/root/content")) == (400, "invalidRequest")


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=10000-", 10_000, 10_240),
        ("bytes=-1", 10_239, 10_240),
        ("bytes=5-99999", 5, 10_240),
    ],
)
def test_a_part_of_a_file_is_sent(web: httpx.Client, url: str, asked: str, start: int, stop: int) -> None:
    answer = web.get(url, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == CONTENT[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/10240"


def test_a_part_beyond_the_end_is_refused(web: httpx.Client, url: str) -> None:
    answer = web.get(url, headers={"Range": "bytes=10240-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */10240"


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=1-2", "bytes=-"])
def test_a_range_that_cannot_be_read_is_ignored(web: httpx.Client, url: str, asked: str) -> None:
    answer = web.get(url, headers={"Range": asked})
    assert (answer.status_code, len(answer.content)) == (200, len(CONTENT))


def test_a_part_is_only_of_the_version_that_is_meant(web: httpx.Client, drive: Drive, url: str) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": web.get(url).headers["ETag"]}
    assert web.get(url, headers=headers).status_code == 206
    drive.put("Reports/a b.csv", b"new content")
    answer = web.get(url, headers=headers)
    assert (answer.status_code, answer.content) == (200, b"new content")


def test_an_address_opens_one_file_for_an_hour(
    simulators: Simulators, web: httpx.Client, drive: Drive, url: str
) -> None:
    other = drive.put("Reports/other.csv", b"secret")
    for wrong in (
        re.sub("UniqueId=[^&]*", f"UniqueId={other.key}", url),
        re.sub("UniqueId=[^&]*", "UniqueId=x", url),
        re.sub(r"(tempauth=v1\.)\d", r"\g<1>9", url),
        re.sub("tempauth=[^&]*", "", url),
    ):
        assert refusal(web.get(wrong)) == (401, "unauthenticated")
    simulators.clock.advance(timedelta(minutes=59))
    assert web.get(url).status_code == 200
    simulators.clock.advance(timedelta(minutes=2))
    assert web.get(url).status_code == 401


def test_an_address_expires_in_real_time_too(
    web: httpx.Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.time() + 3601
    monkeypatch.setattr(time, "time", lambda: later)
    assert web.get(url).status_code == 401


def test_a_token_for_graph_is_not_to_be_shown_here(graph: httpx.Client, url: str) -> None:
    assert refusal(graph.get(url)) == (401, "unauthenticated")


def test_a_deleted_file_has_no_bytes(web: httpx.Client, drive: Drive, url: str) -> None:
    drive.delete("Reports/a b.csv")
    assert refusal(web.get(url)) == (404, "itemNotFound")


def test_who_calls_graph_by_its_real_name_is_sent_to_sharepoint(graph: httpx.Client, drive: Drive) -> None:  # noqa: ARG001 - the file must be there
    real = {"Host": "graph.microsoft.com"}
    item = graph.get(ITEM, headers=real).json()
    assert item["@microsoft.graph.downloadUrl"].startswith(
        "https://school.sharepoint.com/sites/School/_layouts/"
    )
    site = graph.get("/sites/school.sharepoint.com:/sites/School", headers=real).json()
    assert site["webUrl"] == "https://school.sharepoint.com/sites/School"


def test_a_download_can_fail_break_or_be_cut(simulators: Simulators, web: httpx.Client, url: str) -> None:
    _arm(simulators, "http", status=503, retry_after=7)
    _arm(simulators, "drop_reply")
    _arm(simulators, "timeout", seconds=0.1)
    _arm(simulators, "cut", share=0.3)
    failed = web.get(url)
    assert (*refusal(failed), failed.headers["Retry-After"]) == (503, "serviceNotAvailable", "7")
    for _ in range(2):
        with pytest.raises(httpx.TransportError):
            web.get(url)
    got = bytearray()
    with web.stream("GET", url) as answer, pytest.raises(httpx.RemoteProtocolError):
        _read(answer, got)
    assert bytes(got) == CONTENT[: int(len(CONTENT) * 0.3)]
    assert web.get(url, headers={"Range": f"bytes={len(got)}-"}).content == CONTENT[len(got) :]


def _read(answer: httpx.Response, got: bytearray) -> None:
    for chunk in answer.iter_bytes():
        got += chunk


def test_a_reply_of_graph_can_be_cut(simulators: Simulators, graph: httpx.Client, drive: Drive) -> None:  # noqa: ARG001 - the file must be there
    _arm(simulators, "cut", "^GET /drives/.*/delta$")
    address = f"/drives/{DOCUMENTS.id}/root/delta"
    with pytest.raises(httpx.RemoteProtocolError):
        graph.get(address)
    assert graph.get(address).status_code == 200
    assert [call["answered"] for call in simulators.graph.control.journal()[-2:]] == [False, True]


def test_inside_a_batch_a_cut_is_a_504(simulators: Simulators, graph: httpx.Client, drive: Drive) -> None:  # noqa: ARG001 - the file must be there
    _arm(simulators, "cut", "^GET /drives/.*csv$")
    steps = [{"id": str(number), "method": "GET", "url": quote(ITEM)} for number in range(2)]
    answer = graph.post("/$batch", json={"requests": steps}).json()["responses"]
    assert sorted(reply["status"] for reply in answer) == [200, 504]


def test_the_announced_hash_is_wrong_while_that_is_armed(
    simulators: Simulators, graph: httpx.Client, web: httpx.Client, url: str
) -> None:
    right = quick_xor_hash(CONTENT)
    assert _item(graph)["file"]["hashes"]["quickXorHash"] == right
    simulators.graph.control.arm(Fault("wrong_hash", DOWNLOAD, times=None))
    for _ in range(2):
        assert _item(graph)["file"]["hashes"]["quickXorHash"] not in ("", right)
        assert web.get(url).content == CONTENT
    simulators.graph.control.clear_faults()
    assert _item(graph)["file"]["hashes"]["quickXorHash"] == right


def test_bytes_can_be_altered_on_the_way(simulators: Simulators, web: httpx.Client, url: str) -> None:
    _arm(simulators, "wrong_content")
    wrong = web.get(url).content
    assert len(wrong) == len(CONTENT)
    assert sum(one != other for one, other in zip(wrong, CONTENT, strict=True)) == 1
    assert web.get(url).content == CONTENT


def test_the_journal_tells_what_was_sent_and_no_secret(
    simulators: Simulators, web: httpx.Client, url: str
) -> None:
    _arm(simulators, "cut", share=0.5)
    with pytest.raises(httpx.RemoteProtocolError):
        web.get(url)
    web.get(url, headers={"Range": "bytes=0-9"})
    web.get(url.replace("tempauth", "auth"))
    calls = simulators.graph.control.journal()[-3:]
    assert [(call["path"], call["status"], call["answered"], call["bytes"]) for call in calls[:2]] == [
        ("/download/Reports/a b.csv", 200, False, len(CONTENT) // 2),
        ("/download/Reports/a b.csv", 206, True, 10),
    ]
    assert calls[2]["status"] == 401
    assert "tempauth" not in str(simulators.graph.control.journal())
