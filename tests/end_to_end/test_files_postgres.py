"""The demo's folder ingested into PostgreSQL: the same log and the same rows as in SQLite."""

from __future__ import annotations

from pathlib import Path

from scheduling_pipeline.simulators.reports import DemoFolder
from scheduling_pipeline.simulators.server import Simulators
from tests.databases import copied
from tests.end_to_end.office import open_office
from tests.end_to_end.truth import check, outcomes, tables
from tests.postgres import PostgresServer


def test_both_databases_hold_the_same(
    tmp_path: Path, migrated_sqlite: Path, postgres: PostgresServer
) -> None:
    found = []
    with Simulators(tmp_path / "simulators", drops=DemoFolder()) as simulators:
        for database in (
            copied(migrated_sqlite, tmp_path / "sqlite" / "pipeline.db"),
            postgres.create("files"),
        ):
            home = tmp_path / database.partition(":")[0]
            with open_office(simulators, home, database, DOWNLOADS="1") as office:
                assert office.ingest().success
                check(office)
                found.append((tables(office.engine), outcomes(office.engine)))
    on_sqlite, on_postgresql = found
    assert sum(rows.total() for rows in on_sqlite[0].values()) > 1000
    assert on_postgresql == on_sqlite
