"""Files that try whoever reads the folder: odd names that SharePoint allows, and files that are no good."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta

from scheduling_pipeline.simulators.reports.files import content
from scheduling_pipeline.simulators.reports.model import Drop
from scheduling_pipeline.simulators.reports.names import file_name, report_path
from scheduling_pipeline.simulators.reports.teachers import teachers_workbook

_PERSON = "Valérie Dubochet"
_ODD_PATHS = (  # a dataset, and where a person has put one of its files
    ("ACQ", "Archive/{stem}.csv"),
    ("ACQ", "Zürich, équipe/{lower}.CSV"),  # in these five minutes too: one name but for its case
    ("Dials", "Zürich, équipe/{stem} (équipe n° 2).csv"),
    ("Productivity", unicodedata.normalize("NFD", "{stem} résumé à vérifier.csv")),
    ("IB_Calls", "Archive/{stem} l'été d'Anaïs.csv"),
    ("RESC", "Archive/50% & more #1/{stem} #2 100%25 + a=b; [c] {{d}}, e~.csv"),
    ("QCBS", "Archive/{stem} " + "very " * 40 + "long.csv"),
    ("Campaign_Interactions", "Archive/{stem} 報告 отчёт 😀.csv"),
    ("Campaign_Interactions", "Archive/.{stem}.csv"),
)
_DAMAGED_ROW = 17
_CUT = 1500  # bytes that are left of a workbook
_NOTES = "The report service writes into the folder of the day.\nPlease put nothing else there. V. D.\n"


def oddities(seed: int, at: datetime, folder: str) -> Iterator[Drop]:
    """The files, one a minute from `at` on; oldest first."""
    for minute, (dataset, form) in enumerate(_ODD_PATHS):
        moment = at + timedelta(minutes=minute)
        stem = file_name(dataset, moment, suffix="")
        path = f"{folder}/{form.format(stem=stem, lower=stem.lower())}"
        yield Drop(path, content(dataset, moment, seed=seed), moment, _PERSON)
    moment += timedelta(minutes=1)
    yield Drop(report_path("QCBS", moment, folder=folder), _damaged("QCBS", moment, seed), moment)
    yield Drop(f"{folder}/School/Backup/Teachers.xlsx", teachers_workbook()[:_CUT], moment, _PERSON)
    yield Drop(f"{folder}/Please read.txt", _NOTES.encode(), moment, _PERSON)


def _damaged(dataset: str, at: datetime, seed: int) -> bytes:
    """A file in which one number has become an error message."""
    lines = content(dataset, at, seed=seed).splitlines(keepends=True)
    before, comma, _ = lines[_DAMAGED_ROW].rpartition(b",")
    lines[_DAMAGED_ROW] = before + comma + b"#ERROR!\n"
    return b"".join(lines)
