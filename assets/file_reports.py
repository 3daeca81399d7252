"""What a person sees of ingested files in Dagster: materializations, outcome tables, checks."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg
from sqlalchemy import Engine

from assets.metadata import check, table
from scheduling_pipeline import metrics
from scheduling_pipeline.digest import digest
from scheduling_pipeline.files import log
from scheduling_pipeline.files.dataset import Dataset, Kind, Loading
from scheduling_pipeline.files.ingest import Finished
from scheduling_pipeline.files.log import LogRow, live_loads, loads, quarantined

DATA_VERSION = "dagster/data_version"
FRESHNESS = "freshness"
SECONDS_TO_TELL = 1.0
WORDS = ("new", "changed", "unchanged", "skipped", "quarantined", "failed", "moved", "deleted")
LOG_CHECKS = [
    dg.AssetCheckSpec(
        "all_fetched", asset="ingestion_log", description="Whether every file of the run could be fetched."
    ),
    dg.AssetCheckSpec(
        "quarantine", asset="ingestion_log", description="Files that stand in quarantine, and why."
    ),
]
if TYPE_CHECKING:
    Result = dg.MaterializeResult[None]
else:
    Result = dg.MaterializeResult  # the only form Dagster takes for an asset with checks
COLUMN_TYPES = {Kind.MILLISECONDS: "number, seconds", Kind.INSTANT: "instant, UTC"}


def real_now() -> datetime:
    """Now, whatever the simulated clock says: what was listed when is a matter of real time."""
    return datetime.now(UTC)


class Progress:
    """Notes each finished file in a run, as a materialization of its partition.

    Once a second at most it also tells how far the run has come (each line costs the run time), and calls
    `keep_alive`, as it does at the beginning.
    """

    def __init__(
        self, context: dg.AssetExecutionContext, total: int, *, keep_alive: Callable[[], object]
    ) -> None:
        self._context = context
        self._total = total
        self._keep_alive = keep_alive
        self._done = 0
        self._told_at = 0.0
        keep_alive()

    def note(self, file: Finished) -> None:
        """Note a file."""
        self._done += 1
        if file.word == "failed":
            self._context.log.warning("%s: %s", file.work.path, _told(file))
        else:
            self._context.log_event(_event(file))
        if self._done == self._total or time.monotonic() - self._told_at > SECONDS_TO_TELL:
            self._told_at = time.monotonic()
            self._context.log.info("%s (%d of %d files)", file.work.path, self._done, self._total)
            self._keep_alive()


def _event(file: Finished) -> dg.AssetMaterialization | dg.AssetObservation:
    """A materialization where the file's bytes are kept, in quarantine too: its page says what is wrong."""
    kept = file.outcome is not None and file.sha256 is not None
    event = dg.AssetMaterialization if kept else dg.AssetObservation
    tags = {DATA_VERSION: file.sha256} if file.sha256 else {}
    return event("sharepoint_files", partition=file.work.item.id, metadata=_file_metadata(file), tags=tags)


def _file_metadata(file: Finished) -> dict[str, Any]:
    item = file.work.item
    metadata: dict[str, Any] = {
        "path": file.work.path,
        "outcome": _told(file),
        "dataset": file.dataset or "none",
        "rows": file.rows,
        "blank rows dropped": file.padding,
        "bytes": item.size,
        "version (eTag)": item.etag,
        "quickXorHash": item.quick_xor or "none given",
        "sha256": file.sha256 or "not kept",
        "verified by": file.verified or "nothing",
        "modified by": item.modified_by,
        "tries": file.tries,
        "seconds": round(file.seconds, 2),
    }
    if item.modified_at:
        metadata["modified at"] = dg.MetadataValue.timestamp(item.modified_at)
    return metadata


@dataclass(frozen=True)
class Folder:
    """The wanted files after a run: how many there are, and still to do; `seconds` of the run so far."""

    listed: int
    outstanding: int
    seconds: float


def require_ingested(items: Sequence[str], finished: Sequence[Finished]) -> None:
    """Fails a run by hand for files that are not there any more, or did not come through."""
    there = {file.work.item.id for file in finished if file.word != "deleted"}
    gone = sorted(set(items) - there)
    lines = [f"{item}: no such file in the folder any more" for item in gone]
    lines += [_line(file) for file in finished if _went_wrong(file)]
    if lines:
        raise dg.Failure("\n".join(lines), allow_retries=False)


def ingestion(
    context: dg.AssetExecutionContext, finished: Sequence[Finished], folder: Folder, engine: Engine
) -> Result:
    """The account of a run. Fails when there was something to ingest and nothing came through at all."""
    wrong = [file for file in finished if _went_wrong(file)]
    counts = Counter[str](file.word for file in finished)
    downloads = sum(file.bytes > 0 for file in finished)
    run_id = context.run.run_id
    metrics.emit(metrics.DOWNLOADS, downloads, run_id)
    metrics.emit(metrics.DOWNLOADS_FAILED, sum(not file.bytes for file in wrong), run_id)
    metrics.emit(metrics.SYNC_MILLISECONDS, round(folder.seconds * 1000), run_id)
    if counts["failed"] and counts["failed"] == len(finished):
        raise dg.Failure("no file came through:\n" + "\n".join(map(_line, finished)), allow_retries=False)
    if wrong:
        context.instance.add_run_tags(run_id, {"degraded": "true"})
    standing = quarantined(engine)
    worked_on = sum(counts[word] for word in WORDS if word not in ("unchanged", "deleted"))
    return dg.MaterializeResult(
        metadata={
            "listed": folder.listed,
            **{word: counts[word] for word in WORDS},
            "unchanged": folder.listed - worked_on - folder.outstanding + counts["failed"],
            "still to do": folder.outstanding,
            "downloaded": downloads,
            "bytes": sum(file.bytes for file in finished),
            "seconds": round(folder.seconds, 1),
            "rows loaded": sum(file.rows for file in finished if file.word in ("new", "changed")),
            "in quarantine": len(standing),
            "files": table([_row(file) for file in sorted(finished, key=lambda file: not _went_wrong(file))]),
        },
        check_results=[
            check("all_fetched", [_line(file) for file in finished if file.word == "failed"]),
            check("quarantine", [_standing(row) for row in standing]),
        ],
        data_version=dg.DataVersion(log.version(engine)),
    )


def declaration(dataset: Dataset) -> dict[str, Any]:
    """What a dataset declares, for its page."""
    columns = [
        dg.TableColumn(
            column.name,
            COLUMN_TYPES.get(column.kind, column.kind.value),
            description=f"column {column.header!r}",
            constraints=dg.TableColumnConstraints(
                nullable=column.nullable and column.required, unique=dataset.key == (column.name,)
            ),
        )
        for column in dataset.columns
    ]
    return {
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "files": ", ".join(dataset.patterns),
        "loading": dataset.loading.value,
        "table": f"data_{dataset.name}",
    }


def table_checks(datasets: Sequence[Dataset]) -> list[dg.AssetCheckSpec]:
    """What is looked at in each table."""
    texts = {
        "schema": "Whether the newest file has the declared columns, no more and no fewer.",
        "padding": "Whether the newest file holds anything but blank rows, where it has to.",
        "quarantine": "Whether a file of this dataset stands in quarantine.",
    }
    return [
        dg.AssetCheckSpec(name, asset=dataset.name, description=text)
        for dataset in datasets
        for name, text in texts.items()
    ]


@dataclass(frozen=True)
class TableState:
    """What is in a table, as the log knows it; its rows are not counted yet."""

    dataset: Dataset
    loads: Sequence[LogRow]
    standing: Sequence[LogRow]
    reloaded: Sequence[Finished]

    @classmethod
    def of(cls, dataset: Dataset, reloaded: Sequence[Finished], engine: Engine) -> "TableState":
        """As it is now."""
        standing = [row for row in quarantined(engine) if row.dataset == dataset.name]
        return cls(dataset, loads(engine, dataset.name), standing, reloaded)

    @property
    def version(self) -> str:
        """Changes when other files stand in the table."""
        return digest([[load.id, load.sha256, load.fingerprint] for load in self.loads])

    def is_news(self, instance: dg.DagsterInstance) -> bool:
        """Whether the table differs from what its last materialization says."""
        last = instance.get_latest_materialization_event(dg.AssetKey(self.dataset.name))
        noted = last.asset_materialization.tags if last and last.asset_materialization else None
        return bool(self.loads) if noted is None else noted.get(DATA_VERSION) != self.version

    def materialized(self, engine: Engine) -> Result:
        """Which files stand in the table, and how many rows of each; with the checks."""
        counted = live_loads(engine, self.dataset.name)
        return dg.MaterializeResult(
            asset_key=self.dataset.name,
            metadata={
                "dagster/row_count": sum(load.rows for load in counted),
                "files": len(counted),
                "newest file": counted[-1].path if counted else "none",
                "padding share of the newest file": self._padding_share,
                "read again": len(self.reloaded),
                "loaded from": table([_load(load) for load in reversed(counted)]),
            },
            check_results=self.checks(),
            data_version=dg.DataVersion(self.version),
        )

    def checks(self) -> list[dg.AssetCheckResult]:
        """Whether the newest file is as it should be, and none is in quarantine."""
        drift, blank = [], []
        for newest in self.loads[-1:]:
            drift += [f"{newest.path}: column {name!r} is missing" for name in newest.missing_columns]
            drift += [f"{newest.path}: column {name!r} is not declared" for name in newest.extra_columns]
            if not newest.rows and newest.padding:
                blank = [f"{newest.path}: all {newest.padding} rows are blank"]
            elif not newest.rows and self.dataset.loading is Loading.REPLACE_ALL:
                blank = [f"{newest.path}: it has no rows, so that the table is empty"]
        return [
            _of(self.dataset, check("schema", drift)),
            _of(self.dataset, check("padding", blank, share=dg.MetadataValue.float(self._padding_share))),
            _of(self.dataset, check("quarantine", [_standing(row) for row in self.standing])),
        ]

    @property
    def _padding_share(self) -> float:
        return next((_share(load) for load in self.loads[-1:]), 0.0)


def _share(load: LogRow) -> float:
    return round(load.padding / max(load.padding + load.rows, 1), 3)


def freshness(dataset: Dataset, engine: Engine, now: datetime) -> dg.AssetCheckResult:
    """Whether the newest file is younger than it must be; none is awaited before the first one."""
    assert dataset.max_age is not None  # noqa: S101 - asked only for those that age
    newest = max((load.modified_at for load in loads(engine, dataset.name) if load.modified_at), default=None)
    lines = []
    if newest is not None and now - newest > dataset.max_age:
        lines = [f"{dataset.name}: the newest file is of {newest:%a %d %b %H:%M} UTC"]
    return _of(dataset, check(FRESHNESS, lines))


def _of(dataset: Dataset, result: dg.AssetCheckResult) -> dg.AssetCheckResult:
    return result._replace(asset_key=dg.AssetKey(dataset.name))


def _went_wrong(file: Finished) -> bool:
    return file.word in ("quarantined", "failed")


def _told(file: Finished) -> str:
    return f"{file.word}: {file.reason}" if file.reason else file.word


def _line(file: Finished) -> str:
    return f"{file.work.path}: {_told(file)}"


def _row(file: Finished) -> dict[str, Any]:
    return {
        "file": file.work.path,
        "outcome": file.word,
        "why": file.reason,
        "dataset": file.dataset or "",
        "rows": file.rows,
        "blank rows": file.padding,
        "bytes": file.bytes,
        "tries": file.tries,
    }


def _standing(row: LogRow) -> str:
    return f"{row.path}: {row.reason} (to try it again, materialize partition {row.item} of sharepoint_files)"


def _load(row: LogRow) -> dict[str, Any]:
    modified = f"{row.modified_at:%Y-%m-%d %H:%M} UTC" if row.modified_at else ""
    return {"file": row.path, "rows": row.rows, "blank rows": row.padding, "modified": modified}
