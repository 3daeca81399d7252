"""Files from the simulated SharePoint, through Dagster: what a person sees of each of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import delete

from scheduling_pipeline.files.rows import table_of
from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.reports import content, header_only
from scheduling_pipeline.simulators.server import Simulators
from tests.databases import copied
from tests.end_to_end.office import ACQ, Office, open_office

NINE = DEMO_START.replace(hour=9).astimezone(UTC)
BROKEN = header_only("ACQ").rstrip() + b"\n2026-03-02 00:00:00,2026-03-03 00:00:00,1,,voice,a,b,many\n"


@pytest.fixture
def office(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Office]:
    with Simulators(tmp_path / "simulators") as simulators:
        database = copied(migrated_sqlite, tmp_path / "pipeline.db")
        with open_office(simulators, tmp_path, database) as office:
            yield office


def acq(minute: int = 0, rows: int = 12) -> bytes:
    """An ACQ report of nine o'clock and so many minutes; rows that hold data."""
    return content("ACQ", NINE + timedelta(minutes=minute), rows=rows)


def test_a_run_without_names_takes_all_that_is_new(office: Office) -> None:
    office.put("ACQ__a.csv", acq())
    office.put("notes.txt", b"hello")

    ran = office.ingest()

    assert ran.success
    assert office.log() == {"ACQ__a.csv": "loaded", "notes.txt": "skipped"}
    assert ran.metadata("ingestion_log") | {"files": None} == {
        "listed": 2,
        "new": 1,
        "changed": 0,
        "unchanged": 0,
        "skipped": 1,
        "quarantined": 0,
        "failed": 0,
        "moved": 0,
        "deleted": 0,
        "downloaded": 2,
        "bytes": len(acq()) + 5,
        "rows loaded": 12,
        "in quarantine": 0,
        "still to do": 0,
        "seconds": ran.metadata("ingestion_log")["seconds"],
        "files": None,
    }


def test_each_file_has_its_own_materialization_with_version_hash_who_and_when(office: Office) -> None:
    office.put("ACQ__a.csv", acq())

    office.ingest()

    ((kind, noted),) = office.partition_events("ACQ__a.csv")
    assert kind == "ASSET_MATERIALIZATION"
    assert noted["path"] == "Reports/ACQ__a.csv"
    assert noted["outcome"] == "new"
    assert noted["modified by"] == "Ana Martel"
    assert noted["verified by"] == "hash"
    assert len(noted["sha256"]) == 64
    assert noted["version (eTag)"].endswith(',1"')
    assert noted["modified at"] == DEMO_START.timestamp()


def test_a_run_works_on_the_files_that_its_config_names(office: Office) -> None:
    office.put("ACQ__a.csv", acq())
    office.ingest()
    office.put("ACQ__a.csv", acq(minute=5))
    office.put("ACQ__b.csv", acq(minute=10))

    office.ingest(files=[{"item": office.item("ACQ__a.csv")}])

    assert office.log() == {"ACQ__a.csv": "loaded"}


def test_a_second_run_downloads_nothing_and_materializes_no_table(office: Office) -> None:
    office.put("ACQ__a.csv", acq())
    assert office.ingest().materialized() == {"sharepoint_files", "ingestion_log", "acq"}
    before = office.downloads()

    again = office.ingest()

    assert again.materialized() == {"ingestion_log"}
    assert again.metadata("ingestion_log")["unchanged"] == 1
    assert office.downloads() == before


def test_the_checks_of_a_table_that_did_not_change_are_made_all_the_same(office: Office) -> None:
    office.put("ACQ__a.csv", BROKEN)
    office.ingest()

    again = office.ingest()

    assert again.materialized() == {"ingestion_log"}
    assert ("acq", "quarantine") in again.checks()


def test_a_bad_file_stands_in_quarantine_with_its_reason_and_the_others_go_on(office: Office) -> None:
    office.put("ACQ__a.csv", BROKEN)
    office.put("ACQ__b.csv", acq())

    ran = office.ingest()

    assert ran.success
    assert ran.run.tags["degraded"] == "true"
    assert office.log() == {"ACQ__a.csv": "quarantined", "ACQ__b.csv": "loaded"}
    said = ran.checks()["ingestion_log", "quarantine"]
    assert "row 2, column 'Handle'" in said
    assert office.item("ACQ__a.csv") in said, "what to materialize to try it again"
    assert ("acq", "quarantine") in ran.checks()
    ((kind, noted),) = office.partition_events("ACQ__a.csv")
    assert kind == "ASSET_MATERIALIZATION"
    assert "column 'Handle'" in noted["outcome"]
    assert noted["tries"] == 3


def test_a_file_that_cannot_be_fetched_leaves_the_run_degraded_and_is_tried_again(office: Office) -> None:
    office.put("ACQ__a.csv", acq())
    office.put("ACQ__b.csv", acq(minute=5))
    office.ingest(files=[])
    office.put("ACQ__a.csv", acq(minute=10))
    office.put("ACQ__b.csv", acq(minute=15))
    office.arm("http", "/download/.*ACQ__a", status=503)

    first = office.ingest()
    office.simulators.graph.control.clear_faults()
    second = office.ingest()

    assert first.success
    assert first.run.tags["degraded"] == "true"
    assert "503" in first.checks()["ingestion_log", "all_fetched"]
    assert second.success
    assert set(office.log().values()) == {"loaded"}


def test_a_run_in_which_nothing_comes_through_fails(office: Office) -> None:
    office.put("ACQ__a.csv", acq())
    office.arm("http", "/download/", status=503)

    ran = office.ingest()

    assert not ran.success
    assert "no file came through" in ran.errors()[0]


def test_a_listing_that_fails_fails_the_run_and_moves_nothing(office: Office) -> None:
    office.put("ACQ__a.csv", acq())
    office.arm("http", "delta", status=503)

    ran = office.ingest()

    assert not ran.success
    assert office.downloads() == 0
    assert not office.log()


def test_one_file_can_be_ingested_again_by_hand(office: Office) -> None:
    office.put("ACQ__a.csv", acq())
    office.ingest()
    with office.engine.begin() as connection:
        connection.execute(delete(table_of(ACQ)))

    ran = office.materialize("sharepoint_files", partition=office.item("ACQ__a.csv"))

    assert ran.success
    assert office.rows() == 12
    assert len(office.partition_events("ACQ__a.csv")) == 2


def test_a_quarantined_file_that_was_put_right_comes_in_by_hand(office: Office) -> None:
    office.put("ACQ__a.csv", BROKEN)
    office.ingest()
    office.put("ACQ__a.csv", acq())

    assert office.materialize("sharepoint_files", partition=office.item("ACQ__a.csv")).success

    assert list(office.log().values())[-1] == "loaded"


def test_by_hand_a_file_that_is_bad_still_or_gone_fails_the_run_with_its_reason(office: Office) -> None:
    office.put("ACQ__a.csv", BROKEN)
    office.put("ACQ__b.csv", acq())
    office.ingest()
    office.simulators.graph.drive.delete("Reports/ACQ__b.csv")

    bad = office.materialize("sharepoint_files", partition=office.item("ACQ__a.csv"))
    gone = office.materialize("sharepoint_files", partition=office.item("ACQ__b.csv"))

    assert "column 'Handle'" in bad.errors()[0]
    assert "no such file" in gone.errors()[0]


def test_a_deleted_file_is_noted_and_its_rows_stay(office: Office) -> None:
    office.put("ACQ__a.csv", acq())
    office.ingest()
    office.simulators.graph.drive.delete("Reports/ACQ__a.csv")

    ran = office.ingest()

    assert ran.metadata("ingestion_log")["deleted"] == 1
    assert office.rows() == 12
    assert not (office.kept / "ACQ__a.csv").exists()
    assert {kind for kind, _ in office.partition_events("ACQ__a.csv")} == {
        "ASSET_MATERIALIZATION",
        "ASSET_OBSERVATION",
    }


def test_a_renamed_file_is_moved_without_a_download(office: Office) -> None:
    office.put("ACQ__a.csv", acq())
    office.ingest()
    office.simulators.graph.drive.move("Reports/ACQ__a.csv", "Reports/ACQ__b.csv")
    before = office.downloads()

    ran = office.ingest()

    assert ran.metadata("ingestion_log")["moved"] == 1
    assert office.downloads() == before
    assert (office.kept / "ACQ__b.csv").read_bytes() == acq()


def test_a_table_can_be_read_again_from_the_kept_bytes_without_sharepoint(office: Office) -> None:
    office.put("ACQ__a.csv", acq())
    office.ingest()
    office.arm("http", ".*", status=503)
    config = {"ops": {"dataset_tables": {"config": {"everything": True}}}}

    ran = office.materialize("acq", run_config=config)

    assert ran.success
    assert ran.metadata("acq")["read again"] == 1
    assert office.rows() == 12


def test_a_table_says_what_it_is_made_of(office: Office) -> None:
    office.put("ACQ__a.csv", acq())
    office.simulators.clock.advance(timedelta(minutes=5))
    office.put("ACQ__b.csv", acq(minute=5, rows=20))

    noted = office.ingest().metadata("acq")

    assert noted["dagster/row_count"] == 32
    assert noted["files"] == 2
    assert [record.data["rows"] for record in noted["loaded from"].records] == [20, 12]


def test_a_column_that_nobody_declared_is_told(office: Office) -> None:
    office.put(
        "ACQ__a.csv", b"".join(line + b",x\n" for line in acq().splitlines()).replace(b",x", b",Note", 1)
    )

    ran = office.ingest()

    assert office.log() == {"ACQ__a.csv": "loaded"}
    assert "'Note' is not declared" in ran.checks()["acq", "schema"]


def test_a_file_of_blank_rows_alone_is_told(office: Office) -> None:
    office.put("ACQ__a.csv", header_only("ACQ") + b",,,,,,,\n" * 5)

    assert "all 5 rows are blank" in office.ingest().checks()["acq", "padding"]


def test_a_header_alone_is_a_file_with_no_rows(office: Office) -> None:
    office.put("ACQ__a.csv", header_only("ACQ"))

    ran = office.ingest()

    assert not ran.checks()
    assert office.log() == {"ACQ__a.csv": "loaded"}
    assert ran.metadata("acq")["dagster/row_count"] == 0


def test_data_that_no_longer_arrives_is_told(office: Office) -> None:
    office.put("ACQ__a.csv", acq())
    office.ingest()
    assert ("acq", "freshness") not in office.run("check_dataset_freshness").checks()

    office.simulators.clock.advance(timedelta(days=3))

    said = office.run("check_dataset_freshness").checks()
    assert "the newest file is of" in said["acq", "freshness"]
    assert ("dials", "freshness") not in said, "none has arrived, so none is awaited"


def test_an_unchanged_table_shows_as_unchanged(office: Office) -> None:
    office.put("ACQ__a.csv", acq())
    office.ingest()

    def version(asset: str = "acq") -> str:
        event = office.instance.get_latest_materialization_event(dg.AssetKey(asset))
        assert event is not None
        assert event.asset_materialization is not None
        return (event.asset_materialization.tags or {})["dagster/data_version"]

    first, log = version(), version("ingestion_log")
    office.materialize("acq")
    office.ingest()
    assert (version(), version("ingestion_log")) == (first, log)

    office.put("ACQ__b.csv", acq(minute=5))
    office.ingest()
    assert version() != first


def test_what_was_finished_before_a_run_died_is_noted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put("ACQ__a.csv", acq())
    office.put("ACQ__b.csv", acq(minute=5))
    noted: list[str] = []
    add_event = dg.AssetExecutionContext.log_event

    def die_at_the_second(context: dg.AssetExecutionContext, event: Any) -> None:  # noqa: ANN401
        if noted:
            raise KeyboardInterrupt
        noted.append(event.partition)
        add_event(context, event)

    monkeypatch.setattr(dg.AssetExecutionContext, "log_event", die_at_the_second)
    assert not office.ingest().success
    monkeypatch.undo()

    finished = office.instance.get_materialized_partitions(dg.AssetKey("sharepoint_files"))
    assert finished == set(noted)
