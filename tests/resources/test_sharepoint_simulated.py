"""The library against the simulated tenant: real https, and real connections that break."""

from __future__ import annotations

import io
import logging
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import stamina

from resources.graph import Graph
from resources.sharepoint import SharePoint, SharePointDrive
from resources.sharepoint_check import check_sharepoint, permission
from scheduling_pipeline.files.model import Download, DriveError, DriveItem, ResyncError
from scheduling_pipeline.files.quick_xor import QuickXor
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.graph.drive import Drive as SimulatedDrive
from scheduling_pipeline.simulators.server import Simulators
from tests.resources.tenant import graph_of
from tests.resources.test_graph_check import jwt

CONTENT = random.Random(1).randbytes(600_000)  # noqa: S311 - no secret


@dataclass(frozen=True)
class Office:
    """The simulated site, and the library under test."""

    simulators: Simulators
    sharepoint: SharePoint
    drive: SharePointDrive

    @property
    def there(self) -> SimulatedDrive:
        """The library as the people of the site see it."""
        return self.simulators.graph.drive

    def arm(self, kind: str, match: str, times: int | None = 1, **params: object) -> None:
        self.simulators.graph.control.arm(Fault(kind, match, times, params=params))

    def calls(self, of: str) -> list[dict[str, Any]]:
        return [call for call in self.simulators.graph.control.journal() if of in call["path"]]

    def all_changes(self, link: str | None = None) -> tuple[dict[str, DriveItem], str]:
        """What delta says from a link on, the last word on each item, and the link for the next time."""
        found: dict[str, DriveItem] = {}
        while True:
            page = self.drive.changes(link)
            found |= {item.id: item for item in page.items}
            if page.delta_link:
                return found, page.delta_link
            link = page.next_link

    def files(self) -> dict[str, DriveItem]:
        found, _ = self.all_changes()
        return {item.name: item for item in found.values() if not item.folder and not item.deleted}

    def newest(self, name: str) -> Download:
        item = self.files()[name]
        file = self.drive.newest([item.id])[item.id]
        assert isinstance(file, Download)
        return file

    def fetch(self, file: Download) -> bytes:
        to = io.BytesIO()
        assert self.drive.download(file, to) == len(to.getvalue())
        return to.getvalue()


def sharepoint_of(simulators: Simulators, **changes: Any) -> SharePoint:  # noqa: ANN401 - fields of SharePoint
    values: dict[str, Any] = {
        "graph": graph_of(simulators, patience=4),
        "site_url": simulators.site_url,
        "folders": ["/Shared Documents/Reports"],
    }
    return SharePoint(**(values | changes))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Simulators(tmp_path) as simulators, stamina.set_testing(True, attempts=4):
        sharepoint = sharepoint_of(simulators)
        with sharepoint.connect() as drive:
            yield Office(simulators, sharepoint, drive)


def test_files_are_listed_looked_up_and_fetched(office: Office) -> None:
    office.there.put("Reports/ä #1 100%.csv", CONTENT, by="Ana Martel")
    assert office.drive.folders == ["Reports"]
    file = office.newest("ä #1 100%.csv")
    assert (file.item.size, file.item.modified_by) == (len(CONTENT), "Ana Martel")
    assert file.item.modified_at is not None
    assert office.fetch(file) == CONTENT
    checksum = QuickXor()
    checksum.update(CONTENT)
    assert file.item.quick_xor == checksum.digest()


def test_a_listing_of_many_pages_is_complete_and_then_shows_changes_alone(office: Office) -> None:
    for number in range(7):
        office.there.put(f"Reports/{number}.csv", b"%d" % number)
    office.there.put("Elsewhere/deep/x.csv", b"x")
    office.simulators.graph.settings.drive_page = 2
    first = office.drive.changes(f"{office.simulators.graph_url}/drives/{office.drive.id}/root/delta")
    assert first.next_link
    assert first.delta_link is None
    found, link = office.all_changes(first.next_link)
    found |= {item.id: item for item in first.items}
    by_name = {item.name: item for item in found.values()}
    assert {f"{number}.csv" for number in range(7)} <= set(by_name)
    assert by_name["x.csv"].parent_id == by_name["deep"].id
    assert by_name["root"].parent_id is None

    office.there.put("Reports/1.csv", b"changed")
    office.there.move("Reports/2.csv", "Reports/renamed.csv")
    office.there.delete("Reports/3.csv")
    later, _ = office.all_changes(link)
    changed = {item.id: item for item in later.values() if not item.folder}
    assert set(changed) == {by_name[f"{number}.csv"].id for number in (1, 2, 3)}
    assert changed[by_name["1.csv"].id].size == len(b"changed")
    assert changed[by_name["2.csv"].id].name == "renamed.csv"
    assert changed[by_name["3.csv"].id].deleted


def test_a_link_that_was_forgotten_says_where_to_begin_again(office: Office) -> None:
    office.there.put("Reports/a.csv", b"a")
    _, link = office.all_changes()
    office.arm("resync", "delta")
    with pytest.raises(ResyncError) as caught:
        office.drive.changes(link)
    assert caught.value.link
    found, _ = office.all_changes(caught.value.link)
    assert "a.csv" in {item.name for item in found.values()}


def test_what_is_gone_has_no_newest_version(office: Office) -> None:
    office.there.put("Reports/a.csv", b"a")
    office.there.put("Reports/b.csv", b"b")
    files = office.files()
    office.there.delete("Reports/a.csv")
    found = office.drive.newest([files["a.csv"].id, files["b.csv"].id])
    assert found[files["a.csv"].id] is None
    assert isinstance(found[files["b.csv"].id], Download)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_cut_download_goes_on_where_it_broke_off(office: Office, share: float) -> None:
    office.there.put("Reports/a.csv", CONTENT)
    file = office.newest("a.csv")
    office.arm("cut", "/download/Reports/a.csv", times=2, share=share)
    assert office.fetch(file) == CONTENT
    calls = office.calls("/download/")
    assert len(calls) == 3
    sent = sum(call["bytes"] for call in calls)
    assert sent == len(CONTENT)


def test_a_reply_that_never_comes_is_asked_for_again(office: Office) -> None:
    office.there.put("Reports/a.csv", CONTENT)
    file = office.newest("a.csv")
    office.arm("drop_reply", "/download/")
    office.arm("http", "/download/", status=503, retry_after=1)
    office.arm("http", "/download/", status=429, retry_after=1)
    assert office.fetch(file) == CONTENT


def test_an_address_that_expired_is_worth_another_one(office: Office) -> None:
    office.there.put("Reports/a.csv", CONTENT)
    file = office.newest("a.csv")
    now = office.simulators.clock.now()
    office.simulators.clock.set(now.replace(year=now.year + 1))
    with pytest.raises(DriveError, match="expired") as caught:
        office.fetch(file)
    assert caught.value.transient
    assert office.fetch(office.newest("a.csv")) == CONTENT


def test_several_threads_download_at_once(office: Office) -> None:
    for number in range(8):
        office.there.put(f"Reports/{number}.csv", bytes([number]) * 100_000)
    files = [office.newest(f"{number}.csv") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(office.fetch, files)) == [bytes([number]) * 100_000 for number in range(8)]


def test_an_expired_token_is_renewed(office: Office) -> None:
    office.there.put("Reports/a.csv", b"a")
    assert office.files()
    office.arm("expire_tokens", "delta")
    assert office.files()


def test_no_log_at_any_level_has_a_secret(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.there.put("Reports/a.csv", CONTENT)
    with caplog.at_level(logging.DEBUG):
        file = office.newest("a.csv")
        office.arm("cut", "/download/")
        office.fetch(file)
    secret = file.url.partition("tempauth=")[2].partition("&")[0]
    assert secret
    assert secret not in caplog.text
    assert not [record for record in caplog.records if record.name.startswith("httpcore")]  # it shows headers
    assert office.simulators.graph.settings.client_secret not in repr(office.sharepoint)


def test_dagster_gives_it_to_an_asset(office: Office) -> None:
    office.there.put("Reports/a.csv", b"a")
    seen: list[str] = []

    @dg.asset
    def listed(sharepoint: SharePoint) -> None:
        with sharepoint.connect() as drive:
            seen.extend(item.name for item in drive.changes(None).items)

    settings = office.simulators.graph.settings
    graph = Graph(
        tenant_id=settings.tenant,
        client_id=settings.client_id,
        client_secret=dg.EnvVar("TEST_CLIENT_SECRET"),
        authority=office.simulators.authority,
        base_url=office.simulators.graph_url,
        ca_bundle=str(office.simulators.ca_file),
    )
    resources = {"sharepoint": sharepoint_of(office.simulators, graph=graph)}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TEST_CLIENT_SECRET", settings.client_secret)
        assert dg.materialize([listed], resources=resources).success
    assert "a.csv" in seen


# The doctor


def findings(sharepoint: SharePoint) -> dict[str, tuple[bool, str]]:
    return {finding.name: (finding.ok, finding.detail) for finding in check_sharepoint(sharepoint)}


def test_a_folder_that_is_well_set_up_is_found_so(office: Office) -> None:
    office.there.put("Reports/a.csv", b"a")
    office.there.put("Reports/b.csv", b"b")
    office.there.put("Reports/2025/c.csv", b"c")
    folders = ["/shared documents/REPORTS", "/Shared Documents"]
    found = findings(sharepoint_of(office.simulators, folders=folders))
    assert all(ok for ok, _ in found.values())
    assert found["site"][1].startswith("School, https://")
    assert found["library"][1] == "Shared Documents"
    assert found["folder REPORTS"][1] == "2 files directly in Reports"
    assert found["folder"][1] == "0 files directly in Shared Documents"


def test_what_is_missing_is_named_with_what_to_do(office: Office) -> None:
    def failed(**changes: object) -> tuple[str, str]:
        found = findings(sharepoint_of(office.simulators, **changes))
        ((name, detail),) = [(name, detail) for name, (ok, detail) in found.items() if not ok]
        return name, detail

    name, detail = failed(graph=graph_of(office.simulators, client_secret="wrong"))
    assert (name, "secret" in detail) == ("sign-in", True)
    name, detail = failed(site_url=office.simulators.site_url + "s")
    assert (name, "sharepoint_site_url" in detail) == ("site", True)
    name, detail = failed(folders=["/Nowhere"])
    assert (name, "sharepoint_folder" in detail) == ("library", True)
    name, detail = failed(folders=["/Shared Documents/Nowhere"])
    assert (name, "sharepoint_folder" in detail) == ("folder Nowhere", True)
    office.simulators.graph.settings.roles -= {"Sites.Read.All"}
    name, detail = failed()
    assert (name, "grant Sites.Read.All" in detail) == ("site", True)


@pytest.mark.parametrize(
    ("roles", "ok", "detail"),
    [
        (["Sites.Selected"], True, "Sites.Selected"),
        (["Sites.Read.All", "Files.Read.All"], True, "Sites.Read.All"),
        (["Files.Read.All"], False, "grant Sites.Read.All"),
        ([], False, "grant Sites.Read.All"),
    ],
)
def test_a_permission_that_is_enough_is_read_from_the_token(
    roles: list[str],
    ok: bool,  # noqa: FBT001
    detail: str,
) -> None:
    found = permission(jwt({"roles": roles}))
    assert found.ok == ok
    assert detail in found.detail
