"""What a hostile drive may send: names that lead elsewhere or mislead, and downloads from elsewhere."""

from __future__ import annotations

import socket
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.datastructures import Headers

from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.graph import downloads
from scheduling_pipeline.simulators.graph.downloads import Addresses
from scheduling_pipeline.simulators.graph.drive_store import Item
from scheduling_pipeline.simulators.reports import content
from scheduling_pipeline.simulators.server import Simulators
from tests.databases import copied
from tests.end_to_end.office import Office, open_office
from tests.end_to_end.truth import outcomes

NAMES = {
    "../ACQ.csv": "is no name of a file",
    "../../ACQ.csv": "is no name of a file",
    "..": "is no name of a file",
    ".": "is no name of a file",
    "/etc/ACQ.csv": "is absolute",
    "ACQ\\..\\x.csv": "has a backslash",
    "ACQ\x00.csv": "has control characters",
    "ACQ\r\n.csv": "has control characters",
    "ACQ \u202evsc.csv": "turn its direction",
    "CON": "reserved for a device",
    "com1.ACQ.csv": "reserved for a device",
    "ACQ.csv.": "ends with a dot",
    "ACQ" + "x" * 300 + ".csv": "is longer than 255 bytes",
    ".partial-ACQ.csv": "as temporary files do",
}
COLLISIONS = (
    ("ACQ straße.csv", "ACQ STRASSE.csv"),
    (unicodedata.normalize("NFC", "ACQ é.csv"), unicodedata.normalize("NFD", "ACQ é.csv")),
)


@pytest.fixture
def office(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Office]:
    home = tmp_path / "home"
    database = copied(migrated_sqlite, home / "pipeline.db")
    with (
        Simulators(tmp_path / "simulators") as simulators,
        open_office(simulators, home, database) as office,
    ):
        yield office


def acq(number: int) -> bytes:
    return content("ACQ", DEMO_START + timedelta(hours=number), rows=10)


def put_as(office: Office, name: str, data: bytes) -> None:
    """A file of a name that SharePoint would never have let in."""
    item = office.drive.put(f"Reports/{len(data)} {abs(hash(name))}.csv", data)
    office.drive._store.put(replace(item, name=name), office.simulators.clock.now())


def places(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


def test_no_name_leads_out_of_the_folder_and_the_others_go_on(office: Office, tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        put_as(office, name, acq(number))
    office.put("fine ACQ.csv", b"")
    office.put("ACQ__fine.csv", acq(100))
    before = places(tmp_path)

    ran = office.ingest()

    assert ran.success, ran.errors()
    found = outcomes(office.engine)
    for name, reason in NAMES.items():
        outcome, said, _ = found.pop(f"Reports/{name}")
        assert (outcome, reason in said) == ("quarantined", True), (name, said)
    assert found["Reports/ACQ__fine.csv"] == ("loaded", "", 10)
    assert office.rows() == 10
    new = {place for place in places(tmp_path) - before if not place.startswith("simulators/")}
    assert {place for place in new if not place.startswith("home/incoming.versions")} == {
        *("home/incoming", "home/incoming/ACQ__fine.csv", "home/incoming/fine ACQ.csv")
    }


def test_a_folder_of_such_a_name_takes_nothing_out_of_the_folder(office: Office, tmp_path: Path) -> None:
    office.put("up/up/ACQ__a.csv", acq(1))
    for path in ("Reports/up/up", "Reports/up"):
        item = office.drive.find(office.drive._existing(path), [])
        assert item is not None
        office.drive._store.put(replace(item, name=".."), office.simulators.clock.now())

    assert office.ingest().success

    assert outcomes(office.engine)["Reports/../../ACQ__a.csv"][0] == "quarantined"
    assert not list(tmp_path.rglob("ACQ__a.csv"))


@pytest.mark.parametrize(("one", "other"), COLLISIONS)
def test_of_two_names_that_may_be_one_file_one_is_kept_and_the_other_named(
    office: Office, one: str, other: str
) -> None:
    office.put(one, acq(1))
    office.put(other, acq(2))

    assert office.ingest().success

    found = outcomes(office.engine)
    (bad,) = (name for name, (outcome, *_) in found.items() if outcome == "quarantined")
    assert "where letter case does not count" in found[bad][1]
    (good,) = found.keys() - {bad}
    assert [path.name for path in office.kept.iterdir()] == [good.removeprefix("Reports/")]


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    """A host that hears whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        yield listener


def heard(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def check_that_one_was_refused(office: Office, elsewhere: socket.socket) -> None:
    found = outcomes(office.engine)
    assert found["Reports/ACQ__b.csv"] == ("loaded", "", 10)
    outcome, reason, _ = found["Reports/ACQ__a.csv"]
    assert outcome == "quarantined"
    assert "only https://127.0.0.1" in reason
    assert "secret" not in reason
    assert not heard(elsewhere)


def test_a_download_address_on_another_host_is_refused(
    office: Office, elsewhere: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put("ACQ__a.csv", acq(1))
    office.put("ACQ__b.csv", acq(2))
    address = Addresses.address

    def foreign(self: Addresses, item: Item, base: str) -> str:
        url = address(self, item, base)
        if item.name != "ACQ__a.csv":
            return url
        return (
            urlsplit(url)._replace(netloc=f"127.0.0.1:{elsewhere.getsockname()[1]}", query="secret").geturl()
        )

    monkeypatch.setattr(Addresses, "address", foreign)

    assert office.ingest().success

    check_that_one_was_refused(office, elsewhere)


def test_a_redirect_to_another_host_is_not_followed(
    office: Office, elsewhere: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put("ACQ__a.csv", acq(1))
    office.put("ACQ__b.csv", acq(2))
    answer = downloads._file

    def redirecting(item: Item, path: Path, asked: Headers) -> downloads._Answer:
        if item.name != "ACQ__a.csv":
            return answer(item, path, asked)
        location = f"https://127.0.0.1:{elsewhere.getsockname()[1]}/secret"
        return downloads._Answer(302, {"Location": location}, b"")

    monkeypatch.setattr(downloads, "_file", redirecting)

    assert office.ingest().success

    check_that_one_was_refused(office, elsewhere)
