"""What a person sees of ingested files in Dagster: materializations, outcome tables, checks."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg
from sqlalchemy import Engine

from assets.metadata import check, table
from scheduling_pipeline import metrics
from scheduling_pipeline.digest import digest
from scheduling_pipeline.files.dataset import Dataset, Kind
from scheduling_pipeline.files.ingest import Finished
from scheduling_pipeline.files.log import LogRow, live_loads, quarantined
from scheduling_pipeline.files.model import Outcome

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
        if file.outcome is Outcome.FAILED:
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


def require_ingested(items: Sequence[str], finished: Sequence[Finished]) -> None:
    """Fails a run by hand for files that are not there any more, or did not come through."""
    there = {file.work.item.id for file in finished if file.word != "deleted"}
    gone = sorted(set(items) - there)
    lines = [f"{item}: no such file in the folder any more" for item in gone]
    lines += [_line(file) for file in finished if _went_wrong(file)]
    if lines:
        raise dg.Failure("\n".join(lines), allow_retries=False)


def ingestion(
    context: dg.AssetExecutionContext, finished: Sequence[Finished], listed: int, engine: Engine
) -> Result:
    """The account of a run. Fails when there was something to ingest and nothing came through at all."""
    wrong = [file for file in finished if _went_wrong(file)]
    counts = Counter[str](file.word for file in finished)
    took = sum(file.seconds for file in finished)
    metrics.emit(metrics.DOWNLOADS, sum(file.bytes > 0 for file in finished), context.run.run_id)
    metrics.emit(metrics.DOWNLOADS_FAILED, counts["failed"], context.run.run_id)
    metrics.emit(metrics.SYNC_MILLISECONDS, round(took * 1000), context.run.run_id)
    if counts["failed"] and counts["failed"] == len(finished):
        raise dg.Failure("no file came through:\n" + "\n".join(map(_line, finished)), allow_retries=False)
    if wrong:
        context.instance.add_run_tags(context.run.run_id, {"degraded": "true"})
    standing = quarantined(engine)
    return dg.MaterializeResult(
        metadata={
            "listed": listed,
            **{word: counts[word] for word in WORDS},
            "unchanged": listed - sum(counts[word] for word in WORDS if word not in ("unchanged", "deleted")),
            "downloaded": sum(file.bytes > 0 for file in finished),
            "bytes": sum(file.bytes for file in finished),
            "seconds": round(took, 1),
            "rows loaded": sum(file.rows for file in finished),
            "in quarantine": len(standing),
            "files": table([_row(file) for file in finished]),
        },
        check_results=[
            check("all_fetched", [_line(file) for file in finished if file.outcome is Outcome.FAILED]),
            check("quarantine", [_standing(row) for row in standing]),
        ],
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
        "padding": "Whether the newest file holds anything but blank rows.",
        "quarantine": "Whether a file of this dataset stands in quarantine.",
    }
    return [
        dg.AssetCheckSpec(name, asset=dataset.name, description=text)
        for dataset in datasets
        for name, text in texts.items()
    ]


def table_state(dataset: Dataset, reloaded: Sequence[Finished], engine: Engine) -> Result:
    """What is in a table: which files, how many rows, and what the checks say."""
    loads = live_loads(engine, dataset.name)
    newest = loads[-1] if loads else None
    rows = sum(load.rows for load in loads)
    drift, blank = [], []
    if newest:
        drift += [f"{newest.path}: column {name!r} is missing" for name in newest.missing_columns]
        drift += [f"{newest.path}: column {name!r} is not declared" for name in newest.extra_columns]
        if newest.padding and not newest.rows:
            blank = [f"{newest.path}: all {newest.padding} rows are blank"]
    padding = newest.padding / (newest.padding + newest.rows) if newest and newest.padding else 0.0
    standing = [row for row in quarantined(engine) if row.dataset == dataset.name]
    return dg.MaterializeResult(
        asset_key=dataset.name,
        metadata={
            "dagster/row_count": rows,
            "files": len(loads),
            "newest file": newest.path if newest else "none",
            "padding share of the newest file": round(padding, 3),
            "read again": len(reloaded),
            "loaded from": table([_load(load) for load in reversed(loads)]),
        },
        check_results=[
            _of(dataset, check("schema", drift)),
            _of(dataset, check("padding", blank, share=dg.MetadataValue.float(round(padding, 3)))),
            _of(dataset, check("quarantine", [_standing(row) for row in standing])),
        ],
        data_version=dg.DataVersion(digest([[load.id, load.sha256, load.rows] for load in loads])),
    )


def is_news(instance: dg.DagsterInstance, result: Result) -> bool:
    """Whether a table differs from what its last materialization says."""
    assert result.asset_key is not None and result.data_version is not None  # noqa: S101, PT018 - set above
    last = instance.get_latest_materialization_event(dg.AssetKey.from_coercible(result.asset_key))
    noted = last.asset_materialization.tags if last and last.asset_materialization else None
    if noted is None:
        return bool(result.metadata and result.metadata["files"])
    return noted.get(DATA_VERSION) != result.data_version.value


def freshness(dataset: Dataset, engine: Engine, now: datetime) -> dg.AssetCheckResult:
    """Whether the newest file of a dataset is younger than it must be."""
    assert dataset.max_age is not None  # noqa: S101 - asked only for those that age
    dates = [load.modified_at for load in live_loads(engine, dataset.name) if load.modified_at]
    lines = []
    if not dates:
        lines = [f"{dataset.name}: no file has arrived yet"]
    elif now - max(dates) > dataset.max_age:
        lines = [f"{dataset.name}: the newest file is of {max(dates):%a %d %b %H:%M} UTC"]
    return _of(dataset, check(FRESHNESS, lines))


def _of(dataset: Dataset, result: dg.AssetCheckResult) -> dg.AssetCheckResult:
    return result._replace(asset_key=dg.AssetKey(dataset.name))


def _went_wrong(file: Finished) -> bool:
    return file.outcome in (Outcome.QUARANTINED, Outcome.FAILED)


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
