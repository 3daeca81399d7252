"""What changed in the simulated document library, as `delta` tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.graph.drive import Drive
from scheduling_pipeline.simulators.graph.sites import DOCUMENTS
from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import Json, refusal

DELTA = f"/drives/{DOCUMENTS.id}/root/delta"


@dataclass
class Copy:
    """A client that keeps a copy of the library by delta alone, as Microsoft says that one should."""

    graph: httpx.Client
    link: str = DELTA
    items: dict[str, Json] = field(default_factory=dict)
    shown: list[Json] = field(default_factory=list)

    def follow(self) -> list[Json]:
        """Read to the end of the round; the items as they were shown."""
        self.shown = []
        while self.page():
            pass
        return self.shown

    def page(self) -> bool:
        """Read one page; whether there is another."""
        answer = self.graph.get(self.link).raise_for_status().json()
        self.shown += answer["value"]
        for item in answer["value"]:
            self.items[item["id"]] = item
            if "deleted" in item:
                del self.items[item["id"]]
        self.link = answer.get("@odata.nextLink") or answer["@odata.deltaLink"]
        return "@odata.nextLink" in answer

    @property
    def files(self) -> dict[str, int]:
        """The size of each file by its path."""
        return {self._path(item): item["size"] for item in self.items.values() if "file" in item}

    def _path(self, item: Json) -> str:
        parent = self.items[item["parentReference"]["id"]]
        return item["name"] if "root" in parent else f"{self._path(parent)}/{item['name']}"


@pytest.fixture
def drive(simulators: Simulators) -> Drive:
    return simulators.graph.drive


@pytest.fixture
def copy(graph: httpx.Client) -> Copy:
    return Copy(graph)


def test_everything_is_listed_first_and_then_only_what_changed(copy: Copy, drive: Drive) -> None:
    drive.put("Reports/a.csv", b"1")
    drive.put("Reports/sub/b.csv", b"22")
    first, *rest = copy.follow()
    assert "root" in first
    assert [item["name"] for item in rest] == ["Reports", "a.csv", "sub", "b.csv"]
    assert copy.files == {"Reports/a.csv": 1, "Reports/sub/b.csv": 2}
    assert copy.follow() == []
    drive.put("Reports/sub/b.csv", b"333")
    assert [item["name"] for item in copy.follow()] == ["root", "Reports", "sub", "b.csv"]
    assert copy.files["Reports/sub/b.csv"] == 3


def test_the_folders_above_a_change_can_be_left_out(graph: httpx.Client, copy: Copy, drive: Drive) -> None:
    copy.follow()
    drive.put("Reports/a.csv", b"1")
    answer = graph.get(copy.link, headers={"deltaExcludeParent": "true"}).json()
    assert [item["name"] for item in answer["value"]] == ["a.csv"]


def test_delta_leaves_out_what_the_documentation_says(copy: Copy, drive: Drive) -> None:
    drive.put("Reports/a.csv", b"1")
    item = copy.follow()[-1]
    assert not {"cTag", "@microsoft.graph.downloadUrl"} & item.keys()
    assert "path" not in item["parentReference"]
    assert {"id", "name", "size", "eTag", "file", "webUrl"} <= item.keys()


def test_a_renamed_folder_comes_alone(copy: Copy, drive: Drive) -> None:
    drive.put("Reports/sub/a.csv", b"1")
    copy.follow()
    drive.move("Reports/sub", "Reports/other")
    assert [item["name"] for item in copy.follow()] == ["root", "Reports", "other"]
    assert copy.files == {"Reports/other/a.csv": 1}


def test_what_is_deleted_is_only_an_id(copy: Copy, drive: Drive) -> None:
    drive.put("Reports/sub/a.csv", b"1")
    known = {item["name"]: item["id"] for item in copy.follow()}
    drive.delete("Reports/sub")
    gone = [item for item in copy.follow() if "deleted" in item]
    assert [item["id"] for item in gone] == [known["sub"], known["a.csv"]]
    assert not any({"name", "cTag"} & item.keys() for item in gone)
    assert copy.files == {}


def test_latest_knows_nothing_of_what_was(graph: httpx.Client, drive: Drive) -> None:
    drive.put("Reports/a.csv", b"1")
    for address in (f"{DELTA}?token=latest", f"{DELTA}(token='latest')"):
        answer = graph.get(address).json()
        assert answer["value"] == []
        drive.put("Reports/b.csv", b"2")
        changed = graph.get(answer["@odata.deltaLink"]).json()["value"]
        assert changed[-1]["name"] == "b.csv"
        assert "a.csv" not in str(changed)


def test_an_instant_stands_for_a_token(simulators: Simulators, graph: httpx.Client, drive: Drive) -> None:
    drive.put("Reports/a.csv", b"1")
    since = simulators.clock.now().isoformat()
    simulators.clock.advance(timedelta(minutes=1))
    drive.put("Reports/b.csv", b"2")
    answer = graph.get(DELTA, params={"token": since}).json()
    assert [item["name"] for item in answer["value"]] == ["root", "Reports", "b.csv"]


def test_pages_hold_still_while_things_change(simulators: Simulators, copy: Copy, drive: Drive) -> None:
    simulators.graph.settings.drive_page = 2
    for number in range(5):
        drive.put(f"Reports/{number}.csv", b"1")
    assert copy.page()
    drive.delete("Reports/0.csv")
    drive.put("Reports/4.csv", b"changed")
    drive.put("Reports/5.csv", b"new")
    copy.follow()
    assert sorted(copy.files) == [f"Reports/{number}.csv" for number in (1, 2, 3, 4)]
    copy.follow()
    assert sorted(copy.files) == [f"Reports/{number}.csv" for number in (1, 2, 3, 4, 5)]
    assert copy.files == {path: len(drive.read(path)) for path in drive.files()}


def test_every_state_may_be_repeated_and_the_last_one_counts(
    simulators: Simulators, copy: Copy, drive: Drive
) -> None:
    copy.follow()
    simulators.graph.settings.repeat_items = True
    for size in (1, 2, 3):
        drive.put("Reports/a.csv", b"x" * size)
    shown = [item for item in copy.follow() if item["name"] == "a.csv"]
    assert [item["size"] for item in shown] == [1, 2, 3]
    assert len({item["eTag"] for item in shown}) == 3
    assert copy.files == {"Reports/a.csv": 3}


def test_the_options_of_a_call_stay_with_its_links(copy: Copy, drive: Drive) -> None:
    copy.link = f"{DELTA}?$select=id,name&$top=1"
    drive.put("Reports/a.csv", b"1")
    answer = copy.graph.get(copy.link).json()
    while link := answer.get("@odata.nextLink"):
        answer = copy.graph.get(link).json()
        assert [item.keys() for item in answer["value"]] == [{"@odata.type", "id", "name"}]
    assert "$top=1" in answer["@odata.deltaLink"]


@pytest.mark.parametrize("token", ["nonsense", "", "MzslMjM0OyUyMzE7Mzs"])
def test_an_unknown_token_begins_anew(graph: httpx.Client, token: str) -> None:
    answer = graph.get(f"{DELTA}?token={token}")
    _is_resync(answer)
    assert graph.get(answer.headers["Location"]).json()["value"]


def test_a_token_can_be_forgotten(simulators: Simulators, graph: httpx.Client, copy: Copy) -> None:
    copy.follow()
    simulators.graph.control.arm(Fault("resync", "^GET /drives/.*/delta$"))
    assert graph.get(DELTA).status_code == 200  # without a token there is nothing to forget
    _is_resync(graph.get(copy.link))
    assert graph.get(copy.link).status_code == 200


def _is_resync(answer: httpx.Response) -> None:
    assert refusal(answer) == (410, "resyncRequired")
    assert answer.json()["error"]["innerError"]["code"] == "resyncChangesApplyDifferences"
    assert "token" not in answer.headers["Location"]


def test_a_waiting_client_gets_the_same_link_again(copy: Copy) -> None:
    copy.follow()
    link = copy.link
    copy.follow()
    assert copy.link == link


PATHS = st.sampled_from(["Reports/a", "Reports/b", "Reports/f/a", "Reports/f/g/b", "f/c"])
FOLDERS = st.sampled_from(["Reports/f", "Reports/f/g", "f", "Reports/h"])
CHANGES = st.one_of(
    st.tuples(st.just("put"), PATHS, st.integers(0, 9)),
    st.tuples(st.just("delete"), PATHS | FOLDERS),
    st.tuples(st.just("move"), PATHS | FOLDERS, PATHS | FOLDERS),
    st.tuples(st.just("page")),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(CHANGES, max_size=25), repeat=st.booleans(), size=st.integers(1, 4))
def test_a_copy_kept_by_delta_is_always_complete(
    simulators: Simulators,
    graph: httpx.Client,
    changes: list[tuple[object, ...]],
    repeat: bool,  # noqa: FBT001 - hypothesis passes it
    size: int,
) -> None:
    drive = simulators.graph.drive
    simulators.graph.settings.repeat_items, simulators.graph.settings.drive_page = repeat, size
    simulators.graph.settings.resource_units = 10**9
    copy = Copy(graph)
    for kind, *values in changes:
        _change(drive, copy, str(kind), values)
    copy.follow()
    copy.follow()
    assert copy.files == {path: len(drive.read(path)) for path in drive.files()}


def _change(drive: Drive, copy: Copy, kind: str, values: list[object]) -> None:
    """Make a change, if it can be made."""
    if kind == "page":
        copy.page()
        return
    try:
        if kind == "put":
            drive.put(str(values[0]), b"x" * int(str(values[1])))
        elif kind == "move":
            drive.move(str(values[0]), str(values[1]))
        else:
            drive.delete(str(values[0]))
    except (LookupError, ValueError):
        pass  # nothing is there, or something is in the way: then nothing changes
