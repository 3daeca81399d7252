"""The catalogue of agendas, and what is said about a bad one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from scheduling_pipeline.timetable.agendas import AgendaFileError, agenda_by_key, load_agendas
from scheduling_pipeline.timetable.model import Agenda, Kind

HEADER = "key,site_id,label,location,school,kind,zone,live\n"
GOOD = "sfs_lausanne,17,SFS Lausanne,Lausanne,SFS,method,Europe/Zurich,true\n"


def load(folder: Path, rows: str, header: str = HEADER) -> tuple[Agenda, ...]:
    file = folder / "own.csv"
    file.write_text(header + rows, encoding="utf-8")
    return load_agendas(file)


def test_the_catalogue_has_the_five_live_agendas_first() -> None:
    agendas = load_agendas()
    live = {agenda.key: agenda.site_id for agenda in agendas if agenda.live}
    assert live == {
        "sfs_lausanne": "17",
        "esa_lausanne": "18",
        "private_english_lausanne": "57",
        "private_french_lausanne": "100",
        "private_german_lausanne": "101",
    }
    assert [agenda.key for agenda in agendas[:5]] == list(live)


def test_the_catalogue_lists_every_agenda_of_every_location() -> None:
    agendas = load_agendas()
    assert Counter(agenda.location for agenda in agendas) == {
        "Lausanne": 7,
        "Geneva": 4,
        "Fribourg": 8,
        "Montreux": 8,
    }
    assert sum(agenda.kind is Kind.METHOD for agenda in agendas) == 8
    assert {agenda.zone.key for agenda in agendas} == {"Europe/Zurich"}


def test_an_own_file_replaces_the_catalogue_and_may_come_from_a_spreadsheet(tmp_path: Path) -> None:
    row = "vip_basel,7,VIP,Basel,,private,Europe/Zurich,TRUE\n"
    (agenda,) = load(tmp_path, row, header="\ufeff" + HEADER)
    assert (agenda.key, agenda.kind, agenda.live, agenda.school) == ("vip_basel", Kind.PRIVATE, True, "")


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("sfs lausanne,1,A,,,method,Europe/Zurich,true", "row 3, column key: 'sfs lausanne'"),
        (",1,A,,,method,Europe/Zurich,true", "row 3, column key: ''"),
        (
            "sfs_lausanne,1,A,,,method,Europe/Zurich,true",
            "row 3, column key: 'sfs_lausanne' is already in row 2",
        ),
        ("a,17,A,,,method,Europe/Zurich,true", "row 3, column site_id: '17' is already in row 2"),
        ("a,,A,,,method,Europe/Zurich,true", "row 3, column site_id: is empty"),
        ("a,1,,,,method,Europe/Zurich,true", "row 3, column label: is empty"),
        ("a,1,A,,,weekly,Europe/Zurich,true", "row 3, column kind: 'weekly' is not one of method, private"),
        ("a,1,A,,,method,Europe/Zuerich,true", "row 3, column zone: 'Europe/Zuerich'"),
        ("a,1,A,,,method,Europe,true", "row 3, column zone: 'Europe'"),
        ("a,1,A,,,method,,true", "row 3, column zone: ''"),
        ("a,1,A,,,method,Europe/Zurich,yes", "row 3, column live: 'yes' is neither true nor false"),
        ("a,1,A,,,junior,Europe/Zurich,true", "row 3, column live: agendas of kind 'junior'"),
        ("a,1,A,,,method,Europe/Zurich", "row 3 needs exactly 8 columns"),
        ("a,1,A,,,method,Europe/Zurich,true,x", "row 3 needs exactly 8 columns"),
    ],
)
def test_a_bad_row_is_refused_with_file_row_and_column(tmp_path: Path, row: str, complaint: str) -> None:
    with pytest.raises(AgendaFileError) as refused:
        load(tmp_path, GOOD + row + "\n")
    assert complaint in str(refused.value)
    assert "own.csv" in str(refused.value)


def test_all_bad_rows_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(AgendaFileError, match=r"row 2, column kind.*row 3, column zone"):
        load(tmp_path, "a,1,A,,,weekly,Europe/Zurich,true\nb,2,B,,,method,Nowhere,true\n")


def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AgendaFileError, match="row 1 must be key,site_id"):
        load(tmp_path, GOOD, header="key;site_id\n")
    with pytest.raises(AgendaFileError, match="has no agenda"):
        load(tmp_path, "")
    with pytest.raises(AgendaFileError, match=r"missing\.csv: No such file"):
        load_agendas(tmp_path / "missing.csv")
    (tmp_path / "latin.csv").write_bytes("é".encode("latin-1"))
    with pytest.raises(AgendaFileError, match=r"latin\.csv: is not UTF-8"):
        load_agendas(tmp_path / "latin.csv")


def test_an_agenda_is_found_by_its_key() -> None:
    agendas = load_agendas()
    assert agenda_by_key(agendas, "esa_lausanne").site_id == "18"
    with pytest.raises(LookupError, match=r"no agenda 'esa_paris'; there are sfs_lausanne, "):
        agenda_by_key(agendas, "esa_paris")
