"""What each setting of `[scheduler]` does, as a person sees it who writes it into settings.toml."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO

import pytest

from resources import sharepoint
from resources.sharepoint_download import Downloader
from scheduling_pipeline.files.model import Download
from tests.commands.office import DOWNLOADS, ROWS, Office

Configure = Callable[..., None]


@pytest.fixture
def configure(office: Office, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Write settings to the file; the environment says nothing about them."""

    def write(**values: Any) -> None:  # noqa: ANN401 - as TOML has it
        for name in values:
            monkeypatch.delenv(f"SCHEDULER_{name.upper()}", raising=False)
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        (office.home / "settings.toml").write_text("\n".join(["[scheduler]", *lines]))

    return write


def kept(office: Office, folder: str = "incoming") -> list[str]:
    """The files of the mirror."""
    root = office.home / folder
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize(("level", "told"), [("INFO", True), ("WARNING", False)])
def test_log_level(office: Office, configure: Configure, level: str, *, told: bool) -> None:
    configure(log_level=level)
    office.drop(0)
    assert office.run("run-once").code == 0
    log = (office.home / "ingest.log").read_text()
    assert ("scheduler.tick.count" in log) is told
    assert ("syncjob.download.success.count" in log) is told


def test_sharepoint_site_url(office: Office, configure: Configure) -> None:
    office.drop(0)
    configure(sharepoint_site_url=office.simulators.site_url + "ing")
    wrong = office.run("trigger")
    assert (wrong.code, office.downloads) == (1, [])
    assert f"{office.simulators.site_url}ing" in wrong.text

    configure(sharepoint_site_url=office.simulators.site_url)
    assert office.run("trigger").code == 0
    assert len(office.downloads) == 1


def test_one_sharepoint_folder(office: Office, configure: Configure) -> None:
    configure(sharepoint_folder="/Shared Documents/Reports")
    office.put("Reports/a/notes.txt", b"in it")
    office.put("Elsewhere/notes.txt", b"beside it")
    assert office.run("trigger").code == 0
    assert office.downloads == ["Reports/a/notes.txt"]
    assert kept(office) == ["a/notes.txt"]


def test_several_sharepoint_folders(office: Office, configure: Configure) -> None:
    configure(sharepoint_folder=["/Shared Documents/Reports", "/Shared Documents/Plans"])
    for name in ("Reports", "Plans", "Elsewhere"):
        office.put(f"{name}/notes.txt", name.encode())
    assert office.run("trigger").code == 0
    assert kept(office) == ["Plans/notes.txt", "Reports/notes.txt"]


def test_ingestion_dir(office: Office, configure: Configure) -> None:
    configure(ingestion_dir=str(office.home / "elsewhere"))
    path = office.drop(0)
    assert office.run("trigger").code == 0
    assert kept(office, "elsewhere") == [path.removeprefix("Reports/")]
    assert not (office.home / "incoming").exists()


def test_an_application_of_its_own_signs_in(
    office: Office, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = office.simulators.graph.settings
    configure(tenant_id=app.tenant, client_id=app.client_id)
    monkeypatch.setenv("SCHEDULER_CLIENT_SECRET", app.client_secret)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "one that is refused")
    office.drop(0)
    assert office.run("trigger").code == 0
    assert len(office.downloads) == 1


def test_max_retries(office: Office, configure: Configure) -> None:
    path = office.drop(0)
    office.arm("http", DOWNLOADS, times=2, status=404, code="itemNotFound")

    configure(max_retries=1, retry_delay_seconds=0)
    assert office.run("trigger").code == 1
    assert office.log == {path: "failed"}
    configure(max_retries=2, retry_delay_seconds=0)
    assert office.run("trigger").code == 0
    assert office.log == {path: "loaded"}
    assert len(office.downloads) == 3


def test_retry_delay_seconds(office: Office, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(retry_delay_seconds=1.5)
    began: list[float] = []
    fetch = Downloader.fetch

    def noted(self: Downloader, file: Download, to: BinaryIO) -> int:
        began.append(time.monotonic())
        return fetch(self, file, to)

    monkeypatch.setattr(Downloader, "fetch", noted)
    office.drop(0)
    office.arm("http", DOWNLOADS, times=1, status=404, code="itemNotFound")

    assert office.run("trigger").code == 0

    first, second = began
    assert second - first >= 1.5


@pytest.mark.parametrize("downloads", [1, 3])
def test_downloads(
    office: Office, configure: Configure, monkeypatch: pytest.MonkeyPatch, downloads: int
) -> None:
    """As many as that meet; one more never does."""
    configure(downloads=downloads)
    together = threading.Barrier(downloads)
    fetch, under_way, most = Downloader.fetch, [0], [0]

    def counted(self: Downloader, file: Download, to: BinaryIO) -> int:
        under_way[0] += 1
        together.wait(timeout=30)
        most[0] = max(most[0], under_way[0])
        together.wait(timeout=30)
        under_way[0] -= 1
        return fetch(self, file, to)

    monkeypatch.setattr(Downloader, "fetch", counted)
    for number in range(6):
        office.drop(number)

    assert office.run("trigger").code == 0
    assert most == [downloads]


def test_pages_per_look(office: Office, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look reads so many pages, and a run begins before the whole folder was read."""
    monkeypatch.setattr(sharepoint, "PAGE", 4)
    for number in range(12):
        office.put(f"Reports/{number}.txt", b"%d" % number)

    configure(pages_per_look=1)
    assert office.run("run-once").code == 0
    first = len(office.log)
    configure(pages_per_look=10)
    assert office.run("run-once").code == 0

    assert 0 < first < 12
    assert len(office.log) == 12


def test_a_look_that_found_nothing_on_its_pages_goes_on(
    office: Office, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharepoint, "PAGE", 4)
    configure(pages_per_look=1)
    for number in range(12):
        office.put(f"Elsewhere/{number}.txt", b"%d" % number)
    path = office.drop(0)
    assert office.run("run-once").code == 0
    assert office.log == {path: "loaded"}


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ({"max_file_megabytes": 0.001}, "at most 1,000 are accepted"),
        ({"max_rows": ROWS - 1}, "rows"),
        ({"max_columns": 7}, "columns"),
    ],
    ids=["file", "rows", "columns"],
)
def test_what_is_too_much_is_put_into_quarantine_with_the_reason(
    office: Office, configure: Configure, limit: dict[str, float], reason: str
) -> None:
    configure(**limit)
    path = office.drop(0)
    outcome = office.run("trigger")
    assert office.log == {path: "quarantined"}
    assert path in outcome.text
    assert reason in outcome.text
    assert "50 rows loaded" not in outcome.text
