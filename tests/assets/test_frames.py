"""The IO manager: frames in declared tables, on each database that is supported."""

from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import pandas as pd
import pytest
from sqlalchemy import Engine, select, text

from resources.database import Database, FrameError, FrameIOManager, load_frame
from scheduling_pipeline.database.models import AssetPartition

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
PARTITIONS = dg.StaticPartitionsDefinition(["sfs", "esa"])


def timetable(partition: str, *asids: str, **changes: Any) -> pd.DataFrame:  # noqa: ANN401 - cells
    """A frame for the table of `timetable`."""
    row: dict[str, Any] = {
        "partition": partition,
        "monday": date(2026, 3, 9),
        "starts_at": NOON,
        "ends_at": datetime(2026, 3, 9, 13, tzinfo=UTC),
        "zone": "Europe/Zurich",
        "code": "VAD",
        "title": "VIP Adults",
        "room": "R1",
        "occupied": 2,
        "online": False,
        "teacher": None,
        "reading": 7,
    }
    columns = ["partition", "asid", *(name for name in row if name != "partition")]
    frame = pd.DataFrame([{**row, "asid": asid, **changes} for asid in asids], columns=columns)
    frame.attrs = {partition: {"weeks": {"2026-03-09": {"reading": 7}}}}
    return frame


@pytest.fixture
def frames(database_url: str) -> FrameIOManager:
    return FrameIOManager(database=Database(url=database_url))


def store(frames: FrameIOManager, frame: pd.DataFrame, asset: str = "timetable") -> None:
    with dg.build_output_context(asset_key=asset, run_id="run-1") as context:
        frames.handle_output(context, frame)


def test_a_frame_comes_back_as_it_was_with_its_types(frames: FrameIOManager, engine: Engine) -> None:
    store(frames, timetable("sfs", "0000001", "0000002"))

    found = load_frame(engine, "timetable", ["sfs"])

    assert list(found["asid"]) == ["0000001", "0000002"]
    assert found["starts_at"].dtype == pd.DatetimeTZDtype("us", "UTC")
    assert list(found["starts_at"]) == [NOON, NOON]
    assert found["occupied"].dtype == "Int64"
    assert found["online"].dtype == "boolean"
    assert found["teacher"].dtype == "string"
    assert found["teacher"].isna().all()
    assert list(found["monday"]) == [date(2026, 3, 9)] * 2
    assert found.attrs == {"sfs": {"weeks": {"2026-03-09": {"reading": 7}}}}


def test_lists_and_documents_come_back_as_they_were(frames: FrameIOManager, engine: Engine) -> None:
    change = {
        "partition": "sfs",
        "kind": "create",
        "calendar": "ana",
        "account": "Ana Martel",
        "uid": "monday-0900",
        "reason": "new",
        "held": False,
        "fields": ["dtstart", "dtend"],
        "until": None,
        "before": None,
        "after": {"uid": "monday-0900", "content": {"summary": "Teaching", "rrule": None}},
    }
    frame = pd.DataFrame([change])
    frame.attrs = {"sfs": {}}

    store(frames, frame, "outlook_changes")

    (found,) = load_frame(engine, "outlook_changes", ["sfs"]).to_dict("records")
    assert found == change


def test_only_the_partitions_of_a_frame_are_replaced(frames: FrameIOManager, engine: Engine) -> None:
    store(frames, timetable("sfs", "0000001"))
    store(frames, timetable("esa", "0000002"))

    store(frames, timetable("sfs", "0000003", "0000004"))

    assert list(load_frame(engine, "timetable", ["sfs"])["asid"]) == ["0000003", "0000004"]
    assert list(load_frame(engine, "timetable", ["esa"])["asid"]) == ["0000002"]


def test_an_empty_frame_empties_its_partition_and_says_so(frames: FrameIOManager, engine: Engine) -> None:
    store(frames, timetable("sfs", "0000001"))

    store(frames, timetable("sfs"))

    found = load_frame(engine, "timetable", ["sfs"])
    assert found.empty
    assert set(found.attrs) == {"sfs"}
    assert found["starts_at"].dtype == pd.DatetimeTZDtype("us", "UTC")


def test_partitions_that_were_never_stored_are_not_there(frames: FrameIOManager, engine: Engine) -> None:
    store(frames, timetable("sfs", "0000001"))

    assert set(load_frame(engine, "timetable", ["sfs", "esa"]).attrs) == {"sfs"}


def test_a_partition_is_replaced_whole_or_not_at_all(frames: FrameIOManager, engine: Engine) -> None:
    store(frames, timetable("sfs", "0000001"))
    broken = timetable("sfs", "0000002", "0000003")
    broken.loc[1, "room"] = None  # which the table does not take

    with pytest.raises(Exception, match=r"(?i)null"):
        store(frames, broken)

    assert list(load_frame(engine, "timetable", ["sfs"])["asid"]) == ["0000001"]


def test_what_a_frame_was_made_from_is_kept_beside_it(frames: FrameIOManager, engine: Engine) -> None:
    store(frames, timetable("sfs", "0000001", "0000002"))

    with engine.connect() as connection:
        columns = (AssetPartition.asset, AssetPartition.partition, AssetPartition.run_id, AssetPartition.rows)
        assert connection.execute(select(*columns)).one() == ("timetable", "sfs", "run-1", 2)


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (timetable("sfs", "0000001").assign(mood="good"), "undeclared columns ['mood']"),
        (timetable("sfs", "0000001").drop(columns="room"), "missing columns ['room']"),
        (
            timetable("sfs", "0000001", starts_at=pd.Timestamp("2026-03-09 12:00")),
            "a timestamp without a zone",
        ),
    ],
    ids=["undeclared", "missing", "naive"],
)
def test_what_the_table_does_not_declare_is_refused(
    frames: FrameIOManager, engine: Engine, frame: pd.DataFrame, problem: str
) -> None:
    frame.attrs = {"sfs": {}}

    with pytest.raises(FrameError) as caught:
        store(frames, frame)

    assert problem in str(caught.value)
    assert load_frame(engine, "timetable", ["sfs"]).empty


def test_rows_of_a_partition_that_attrs_do_not_name_are_refused(
    frames: FrameIOManager, engine: Engine
) -> None:
    frame = timetable("sfs", "0000001")
    frame.attrs = {"esa": {}}

    with pytest.raises(FrameError, match="rows for sfs, which its attrs do not name"):
        store(frames, frame)
    assert load_frame(engine, "timetable", ["sfs", "esa"]).empty


def test_an_asset_without_a_declared_table_is_refused(frames: FrameIOManager) -> None:
    with pytest.raises(FrameError, match="weather: no table is declared for this asset"):
        store(frames, timetable("sfs"), "weather")


def test_dagster_hands_a_frame_from_one_asset_to_the_next(database_url: str, engine: Engine) -> None:
    @dg.asset(name="timetable", partitions_def=PARTITIONS, io_manager_key="frames")
    def made(context: dg.AssetExecutionContext) -> pd.DataFrame:
        return timetable(context.partition_key, f"000000{len(context.partition_key)}")

    seen: list[pd.DataFrame] = []

    @dg.asset(
        name="seen", partitions_def=PARTITIONS, ins={"timetable": dg.AssetIn(input_manager_key="frames")}
    )
    def used(timetable: pd.DataFrame) -> None:
        seen.append(timetable)

    resources = {"frames": FrameIOManager(database=Database(url=database_url))}
    for partition in ("sfs", "esa"):
        dg.materialize([made, used], resources=resources, partition_key=partition)

    assert [list(frame["partition"]) for frame in seen] == [["sfs"], ["esa"]]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM timetable")).scalar_one() == 2
