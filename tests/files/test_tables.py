"""The tables of datasets: made from declarations, filled exactly, read again when a declaration changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, func, inspect, select, text

from scheduling_pipeline.datasets import DATASETS as SHIPPED
from scheduling_pipeline.files.dataset import Column, Dataset, Kind, Loading
from scheduling_pipeline.files.frame import DTYPES, SOURCE_ROW
from scheduling_pipeline.files.log import counts, latest, live_loads, quarantined
from scheduling_pipeline.files.model import Outcome
from scheduling_pipeline.files.rows import insert_rows, table_of
from scheduling_pipeline.files.tables import TableDriftError, ensure_tables, reload
from tests.databases import drop_data_tables
from tests.files.memory import CALLS, HOURS, NOW, ROSTER, Site, calls, hours, new_site

EVERY_KIND = Dataset(
    "every_kind",
    "One column of each kind.",
    ("*",),
    tuple(Column(f"a {kind.name.lower()}", kind.name, kind) for kind in Kind),
    Loading.APPEND,
)
SUMMER = datetime(2026, 7, 1, 12, 30, 0, 250_000, tzinfo=UTC)
VALUES: dict[Kind, Sequence[object]] = {
    Kind.TEXT: ['comma, "quote"\r\nand a new line', "\\.", "\\N ünïcödé 🎓"],
    Kind.INTEGER: [2**63 - 1, -(2**63), 0],
    Kind.NUMBER: [0.1, -1e300, 5e-324],
    Kind.BOOLEAN: [True, False, True],
    Kind.MILLISECONDS: [0.001, 1.5, 0.0],
    Kind.DATE: [date(2026, 2, 28), date(1, 1, 1), date(9999, 12, 31)],
    Kind.TIME: [time(0, 0), time(23, 59, 59), time(12, 30, 0, 1)],
    Kind.INSTANT: [SUMMER, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)],
}


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return new_site(engine, tmp_path)


def everything() -> pd.DataFrame:
    """A frame with all VALUES, and a row that is empty."""
    columns = {
        f"a {kind.name.lower()}": pd.Series([*values, None], dtype=DTYPES[kind])
        for kind, values in VALUES.items()
    }
    return pd.DataFrame({**columns, SOURCE_ROW: [2, 3, 4, 9]})


def test_values_of_every_kind_come_back_as_they_were(engine: Engine) -> None:
    drop_data_tables(engine)
    ensure_tables(engine, [EVERY_KIND])
    table = table_of(EVERY_KIND)

    with engine.begin() as connection:
        insert_rows(connection, EVERY_KIND, everything(), 7)
        found = connection.execute(select(table).order_by(table.c.row_id)).mappings().all()

    assert [(row["file"], row[SOURCE_ROW]) for row in found] == [(7, 2), (7, 3), (7, 4), (7, 9)]
    for kind, values in VALUES.items():
        assert [row[f"a {kind.name.lower()}"] for row in found] == [*values, None], kind


def test_an_instant_is_found_by_an_instant(engine: Engine) -> None:
    drop_data_tables(engine)
    ensure_tables(engine, [EVERY_KIND])
    table = table_of(EVERY_KIND)

    with engine.begin() as connection:
        insert_rows(connection, EVERY_KIND, everything(), 7)
        later = select(func.count()).where(table.c["a instant"] >= SUMMER)
        same = select(func.count()).where(table.c["a instant"] == SUMMER)

        assert connection.execute(later).scalar() == 2
        assert connection.execute(same).scalar() == 1


def test_a_frame_without_rows_adds_none(engine: Engine) -> None:
    drop_data_tables(engine)
    ensure_tables(engine, [EVERY_KIND])

    with engine.begin() as connection:
        insert_rows(connection, EVERY_KIND, everything().head(0), 7)

        assert connection.execute(select(func.count()).select_from(table_of(EVERY_KIND))).scalar() == 0


def test_every_dataset_that_comes_with_us_has_a_table(engine: Engine) -> None:
    drop_data_tables(engine)

    ensure_tables(engine, SHIPPED)
    ensure_tables(engine, SHIPPED)

    assert {f"data_{dataset.name}" for dataset in SHIPPED} <= set(inspect(engine).get_table_names())


def test_a_new_column_is_added_and_the_rows_stay(site: Site) -> None:
    site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    wider = replace(CALLS, columns=(*CALLS.columns, Column("site", "Site", required=False)))

    ensure_tables(site.store.engine, [wider])

    assert site.rows(wider) == [("ada", 3, None)]


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        (CALLS.columns[:1], "columns that are no longer declared: handled"),
        ((CALLS.columns[0], Column("handled", "Handled", Kind.TEXT)), "column handled .* declared as TEXT"),
    ],
)
def test_any_other_difference_is_a_matter_for_a_person(
    site: Site, columns: tuple[Column, ...], complaint: str
) -> None:
    with pytest.raises(TableDriftError, match=complaint):
        ensure_tables(site.store.engine, [replace(CALLS, columns=columns)])


def test_a_changed_declaration_is_applied_to_the_kept_bytes(site: Site) -> None:
    item = site.drive.put("calls.csv", "Agent,Handled,Site\nada,3,east\n")
    site.ingest()
    assert site.log()[0]["extra_columns"] == ["Site"]
    wider = replace(CALLS, columns=(*CALLS.columns, Column("site", "Site", required=False)))
    site.store = replace(site.store, datasets=(wider, HOURS, ROSTER))

    (finished,) = reload(site.store, wider, run_id="reload", now=NOW)

    assert (finished.word, finished.outcome, finished.rows) == ("unchanged", Outcome.LOADED, 1)
    assert site.rows(wider) == [("ada", 3, "east")]
    (row,) = site.log()
    assert (row["fingerprint"], row["extra_columns"], row["tries"]) == (wider.fingerprint, [], 1)
    assert site.drive.downloads == {item: 1}
    assert reload(site.store, wider, run_id="reload", now=NOW) == []
    assert site.words() == {}


def test_a_declaration_that_allows_more_lets_a_file_out_of_quarantine(site: Site) -> None:
    site.drive.put("calls.csv", "Agent,Handled\nada,\n")
    strict = replace(CALLS, columns=(CALLS.columns[0], replace(CALLS.columns[1], nullable=False)))
    site.store = replace(site.store, datasets=(strict,))
    assert site.words() == {"calls.csv": "quarantined"}
    site.store = replace(site.store, datasets=(CALLS,))

    (finished,) = reload(site.store, CALLS, run_id="reload", now=NOW)

    assert finished.word == "new"
    assert site.rows(CALLS) == [("ada", None)]
    assert quarantined(site.store.engine) == []


def test_rows_that_a_stricter_declaration_forbids_stay_and_are_named(site: Site) -> None:
    site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    strict = replace(CALLS, columns=(CALLS.columns[0], replace(CALLS.columns[1], high=2)))
    site.store = replace(site.store, datasets=(strict,))

    (finished,) = reload(site.store, strict, run_id="reload", now=NOW)

    assert (finished.word, finished.row, finished.column) == ("quarantined", 2, "Handled")
    assert site.rows(CALLS) == [("ada", 3)]
    assert [row["outcome"] for row in site.log()] == ["loaded"]


def test_a_new_declaration_takes_the_files_that_nobody_claimed(site: Site) -> None:
    site.store = replace(site.store, datasets=(HOURS,))
    site.drive.put("calls.csv", calls(("ada", 3)))
    assert site.words() == {"calls.csv": "skipped"}
    site.store = replace(site.store, datasets=(HOURS, CALLS))

    reload(site.store, CALLS, run_id="reload", now=NOW)

    assert site.rows(CALLS) == [("ada", 3)]


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("calls[-_ .(]*.csv", "CALLS_2026-02.csv"),
        ("calls[]!]*.csv", "calls].csv"),
        ("calls_??.c[!x]v", "calls_ß.csv"),
        ("appels reçus*.csv", "Appels Reçus 100%.csv"),
    ],
)
def test_it_takes_them_by_whatever_pattern(site: Site, pattern: str, name: str) -> None:
    site.store = replace(site.store, datasets=())
    site.drive.put(name, calls(("ada", 3)))
    site.ingest()
    claiming = replace(CALLS, patterns=(pattern,))
    site.store = replace(site.store, datasets=(claiming,))
    assert claiming.claims(name)

    assert len(reload(site.store, claiming, run_id="reload", now=NOW)) == 1


def test_a_renamed_file_changes_to_the_dataset_that_claims_it_now(site: Site) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    site.drive.change(item, name="roster.csv")
    site.ingest()
    assert site.rows(CALLS) == [("ada", 3)]

    reload(site.store, ROSTER, run_id="reload", now=NOW)

    assert site.rows(CALLS) == []
    assert site.rows(ROSTER) == [("ada", 3)]
    assert [row["dataset"] for row in site.log()] == ["roster"]


def test_everything_can_be_read_again_even_what_is_no_longer_in_the_folder(site: Site) -> None:
    site.drive.put("hours-1.csv", hours((1, "ada", 1), (2, "ada", 2)))
    gone = site.drive.put("hours-2.csv", hours((2, "ada", 3)))
    site.ingest()
    site.drive.delete(gone)
    site.ingest()
    with site.store.engine.begin() as connection:
        connection.execute(text("DELETE FROM data_hours"))

    finished = reload(site.store, HOURS, run_id="reload", now=NOW, everything=True)

    assert [one.outcome for one in finished] == [Outcome.LOADED, Outcome.LOADED]
    assert [row[1:] for row in site.rows(HOURS)] == [("ada", 1), ("ada", 3)]


def test_reading_again_does_not_take_a_deleted_file_for_an_older_version(site: Site) -> None:
    deleted = site.drive.put("calls-1.csv", calls(("ada", 3)))
    item = site.drive.put("calls-2.csv", calls(("bob", 4)))
    site.ingest()
    site.drive.delete(deleted)
    site.drive.change(item, name="calls-1.csv")
    site.ingest()

    reload(site.store, CALLS, run_id="reload", now=NOW, everything=True)

    assert site.rows(CALLS) == [("ada", 3), ("bob", 4)]


def test_bytes_that_are_lost_are_named_and_the_rows_stay(site: Site) -> None:
    site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    (site.store.mirror.root / "calls.csv").unlink()

    (finished,) = reload(site.store, CALLS, run_id="reload", now=NOW, everything=True)

    assert "ingest the file again" in finished.reason
    assert site.rows(CALLS) == [("ada", 3)]


def test_the_log_answers_what_others_ask(site: Site) -> None:
    site.drive.put("hours-1.csv", hours((1, "ada", 1), (2, "ada", 2)))
    site.drive.put("hours-2.csv", hours((2, "ada", 3)))
    bad = site.drive.put("calls.csv", "Agent\nada\n")
    site.drive.put("notes.txt", "hello")
    engine = site.store.engine
    assert live_loads(engine, "hours") == []

    site.ingest()

    assert [(row.path, row.rows) for row in live_loads(engine, "hours")] == [
        ("Reports/hours-1.csv", 1),
        ("Reports/hours-2.csv", 1),
    ]
    assert [row.path for row in quarantined(engine)] == ["Reports/calls.csv"]
    assert counts(engine) == {"loaded": 2, "skipped": 1, "quarantined": 1, "failed": 0}
    assert len(latest(engine)) == 4
    assert [row.id for row in latest(engine, limit=1)] == [max(row["id"] for row in site.log())]
    site.drive.delete(bad)
    site.ingest()
    assert quarantined(engine) == []
