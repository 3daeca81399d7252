"""What has to stand after files were ingested, said in the simplest words: whatever happened on the way."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Engine, RowMapping, create_engine, select

from scheduling_pipeline.datasets import DATASETS
from scheduling_pipeline.files.dataset import Dataset, Loading
from scheduling_pipeline.files.log import LOG
from scheduling_pipeline.files.model import Outcome
from scheduling_pipeline.files.names import PARTIAL
from scheduling_pipeline.files.parse import Limits, parse
from scheduling_pipeline.files.rows import insert_rows, table_of
from scheduling_pipeline.files.tables import ensure_tables
from scheduling_pipeline.simulators.graph.drive import FIRST_FOLDER, Drive
from scheduling_pipeline.simulators.graph.sites import DOCUMENTS
from tests.end_to_end.office import Office

LIMITS = Limits(rows=1_000_000, columns=500, unpacked_bytes=500_000_000)
ZONE = ZoneInfo("Europe/Zurich")
LONG_AGO = datetime.min.replace(tzinfo=UTC)

Rows = Counter[tuple[object, ...]]


def check(office: Office, *, refused: Collection[str] = ()) -> None:
    """The log, the tables and the kept files are what the drive's files call for.

    `refused`: paths below the folder of files that cannot be kept.
    """
    check_log(office.engine, office.drive)
    check_tables(office.engine, office.kept)
    check_kept(office.drive, office.kept, refused)


def check_log(engine: Engine, drive: Drive) -> None:
    """Each file's newest content has its outcome, which is final, and no version stands twice."""
    rows = current(engine)
    versions = Counter((row["item"], row["etag"]) for row in rows)
    assert set(versions.values()) <= {1}
    newest = {row["item"]: row for row in rows}
    for path, (item, size, quick_xor) in wanted(drive).items():
        assert item in newest, path
        row = newest[item]
        assert (row["path"], row["size"], row["quick_xor"]) == (path, size, quick_xor)
        assert row["outcome"] != Outcome.FAILED, (path, row["reason"])
        assert row["outcome"] == Outcome.LOADED or row["reason"], path
        good = [row["outcome"] for row in rows if row["item"] == item and row["outcome"] != "quarantined"]
        assert len(good) <= 1, path


def check_tables(engine: Engine, kept: Path) -> None:
    """The tables hold what is said by those of the current files whose word counts, and nothing else."""
    rows = current(engine)
    loaded = {row["id"] for row in rows if row["outcome"] == Outcome.LOADED}
    for dataset in DATASETS:
        table = table_of(dataset)
        with engine.connect() as connection:
            assert set(connection.scalars(select(table.c.file))) <= loaded, dataset.name
        mine = [
            row for row in rows if row["dataset"] == dataset.name and row["outcome"] in ("loaded", "skipped")
        ]
        said = _said(mine, dataset, kept)
        for row in mine:
            assert row["rows"] == len(said[row["id"]]), row["path"]
        mine.sort(key=lambda row: (row["modified_at"] or LONG_AGO, row["item"]), reverse=True)
        assert standing(engine, dataset) == _written(_that_count(mine, said, dataset), dataset), dataset.name


def check_kept(drive: Drive, kept: Path, refused: Collection[str] = ()) -> None:
    """`ingestion_dir` holds the folder's files, byte for byte, and nothing half arrived."""
    paths = {path: path.removeprefix(f"{FIRST_FOLDER}/") for path in wanted(drive)}
    expected = {place: drive.read(path) for path, place in paths.items() if place not in refused}
    found = {
        path.relative_to(kept).as_posix(): path.read_bytes() for path in kept.rglob("*") if path.is_file()
    }
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == []
    assert not list(kept.parent.rglob(f"{PARTIAL}*"))


def wanted(drive: Drive) -> Mapping[str, tuple[str, int, str]]:
    """Id, size and hash of each file of the folder, by its path."""
    root = drive.find(drive._existing(""), [])
    assert root is not None
    found = {}
    for path in drive.files(FIRST_FOLDER):
        item = drive.find(root, path.split("/"))
        assert item is not None
        found[path] = (DOCUMENTS.item_id(item.key), item.size, item.quick_xor)
    return found


def current(engine: Engine) -> list[RowMapping]:
    """The rows of the log that are not superseded, the oldest first."""
    with engine.connect() as connection:
        return list(
            connection.execute(select(*LOG).where(LOG.superseded_at.is_(None)).order_by(LOG.id)).mappings()
        )


def outcomes(engine: Engine) -> dict[str, tuple[str, str, int]]:
    """Outcome, reason and rows of the newest version of each file, by path."""
    return {row["path"]: (row["outcome"], row["reason"], row["rows"]) for row in current(engine)}


def standing(engine: Engine, dataset: Dataset) -> Rows:
    """The rows of a table: their place in their file, and the declared columns."""
    table = table_of(dataset)
    columns = [table.c.source_row, *(table.c[column.name] for column in dataset.columns)]
    with engine.connect() as connection:
        return Counter(map(tuple, connection.execute(select(*columns)).all()))


def tables(engine: Engine) -> dict[str, Rows]:
    """The rows of all tables, by dataset."""
    return {dataset.name: standing(engine, dataset) for dataset in DATASETS}


def _said(rows: Iterable[RowMapping], dataset: Dataset, kept: Path) -> Mapping[int, pd.DataFrame]:
    """What the kept bytes of versions say, by their rows in the log."""
    said = {}
    for row in rows:
        sha256 = row["sha256"]
        version = kept.with_name(f"{kept.name}.versions") / sha256[:2] / sha256
        place = version if version.exists() else kept / row["path"].removeprefix(f"{FIRST_FOLDER}/")
        assert hashlib.sha256(place.read_bytes()).hexdigest() == sha256, row["path"]
        said[row["id"]] = _read(place, sha256, PurePosixPath(row["path"]).suffix, dataset)
    return said


_FRAMES: dict[tuple[str, str, str], pd.DataFrame] = {}


def _read(place: Path, sha256: str, suffix: str, dataset: Dataset) -> pd.DataFrame:
    key = (sha256, suffix, dataset.name)
    if key not in _FRAMES:
        _FRAMES[key] = parse(place, f"file{suffix}", dataset, zone=ZONE, limits=LIMITS).frame
    return _FRAMES[key]


def _that_count(
    rows: Iterable[RowMapping], said: Mapping[int, pd.DataFrame], dataset: Dataset
) -> Iterable[pd.DataFrame]:
    """What stands of each file, the newest first."""
    contents: set[str] = set()
    taken: set[object] = set()
    for row in rows:
        frame = said[row["id"]]
        match dataset.loading:
            case Loading.APPEND if row["sha256"] not in contents:
                yield frame
            case Loading.REPLACE_ALL if not contents:
                yield frame
            case Loading.REPLACE_INTERVAL:
                about = pd.Series(
                    list(frame[list(dataset.interval)].itertuples(index=False, name=None)),
                    index=frame.index,
                    dtype=object,
                )
                yield frame[[interval not in taken for interval in about]]
                taken |= set(about)
        contents.add(row["sha256"])


def _written(frames: Iterable[pd.DataFrame], dataset: Dataset) -> Rows:
    """The rows of frames as a table holds them."""
    engine = create_engine("sqlite://")
    ensure_tables(engine, [dataset])
    with engine.begin() as connection:
        for number, frame in enumerate(frames):
            insert_rows(connection, dataset, frame, number)
    rows = standing(engine, dataset)
    engine.dispose()
    return rows
