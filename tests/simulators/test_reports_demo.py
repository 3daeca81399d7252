"""The demo's folder: what stands in it, how it moves with the clock, and that SharePoint would take it."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from pathlib import PurePosixPath
from zipfile import BadZipFile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling_pipeline.datasets import DATASETS
from scheduling_pipeline.files.dataset import claimant
from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.reports import REPORTS, DemoFolder, Drop, Drops, header_only
from scheduling_pipeline.simulators.school.model import ZURICH

DAY = timedelta(days=1)
DEMO: Drops = DemoFolder()
RESERVED = re.compile(r"(CON|PRN|AUX|NUL|COM\d|LPT\d|\.lock|desktop\.ini|.*_vti_.*|~\$.*)", re.IGNORECASE)

MORNING = DEMO_START.astimezone(ZURICH)
SPRING_FORWARD = datetime(2026, 3, 29, tzinfo=ZURICH)  # in this night an hour is left out

starts = st.sampled_from([MORNING - 3 * DAY, MORNING - DAY, MORNING, SPRING_FORWARD])
steps = st.timedeltas(timedelta(0), timedelta(hours=8))


@pytest.fixture(scope="module")
def standing() -> Sequence[Drop]:
    return DEMO.between(None, DEMO_START)


@pytest.fixture(scope="module")
def days() -> Sequence[Drop]:
    """Everything up to the end of the demo's third day."""
    return DEMO.between(None, DEMO_START + 3 * DAY)


def _named(drops: Sequence[Drop], pattern: str) -> list[Drop]:
    return [drop for drop in drops if re.search(pattern, drop.path)]


def test_some_fifty_files_stand_there_at_the_start(standing: Sequence[Drop]) -> None:
    assert 40 <= len({drop.path for drop in standing}) <= 60


def test_everything_is_below_one_folder(days: Sequence[Drop]) -> None:
    assert {PurePosixPath(drop.path).parts[0] for drop in days} == {"Reports"}
    assert all(
        drop.path.startswith("Elsewhere/")
        for drop in DemoFolder(folder="Elsewhere").between(None, DEMO_START)
    )


def test_a_folder_depends_on_its_seed_alone(standing: Sequence[Drop]) -> None:
    assert DemoFolder().between(None, DEMO_START) == standing
    assert DemoFolder(seed=2).between(None, DEMO_START) != standing


@settings(max_examples=40)
@given(starts, steps, steps, steps)
def test_no_drop_is_lost_or_repeated_however_the_clock_moves(
    start: datetime, first: timedelta, second: timedelta, third: timedelta
) -> None:
    since = start.astimezone(UTC)  # and not on the wall, where a step may be an hour longer
    a, b, c = ((since + gone).astimezone(ZURICH) for gone in accumulate((first, second, third)))
    assert [*DEMO.between(a, b), *DEMO.between(b, c)] == DEMO.between(a, c)


def test_a_night_with_a_missing_hour_loses_no_drop() -> None:
    half_hours = [
        (SPRING_FORWARD.astimezone(UTC) + n * timedelta(minutes=30)).astimezone(ZURICH) for n in range(17)
    ]
    pieces = [drop for after, until in pairwise(half_hours) for drop in DEMO.between(after, until)]
    assert pieces == DEMO.between(half_hours[0], half_hours[-1])


def test_what_came_before_and_what_came_since_is_everything(
    standing: Sequence[Drop], days: Sequence[Drop]
) -> None:
    assert [*standing, *DEMO.between(DEMO_START, DEMO_START + 3 * DAY)] == days


def test_drops_come_in_order_and_belong_to_the_time_asked_for(days: Sequence[Drop]) -> None:
    assert [drop.at for drop in days] == sorted(drop.at for drop in days)
    hour = DEMO.between(DEMO_START, DEMO_START + timedelta(hours=1))
    assert all(DEMO_START < drop.at <= DEMO_START + timedelta(hours=1) for drop in hour)
    assert DEMO.between(DEMO_START, DEMO_START) == []
    assert DEMO.between(None, DEMO_START - 30 * DAY) == []


def test_every_hour_brings_all_seven_reports(days: Sequence[Drop]) -> None:
    slots = defaultdict(set)
    for drop in _named(days, r"/\d{4}-\d\d-\d\d/"):
        dataset, slot = PurePosixPath(drop.path).stem.split("__")
        slots[slot].add(dataset)
    for hour in range(2 * 24):
        assert slots[f"{DEMO_START.astimezone(UTC) + timedelta(hours=hour):%Y-%m-%d_%H%M}"] == set(REPORTS)


def test_both_shapes_come_in_every_dataset(days: Sequence[Drop]) -> None:
    for dataset in REPORTS:
        padded = {b",,,,,,\n" in drop.content for drop in _named(days, rf"/{dataset}__[-_\d]*\.csv")}
        assert padded == {True, False}


def test_the_same_name_is_overwritten_within_five_minutes(standing: Sequence[Drop]) -> None:
    ((path, count),) = [item for item in Counter(drop.path for drop in standing).items() if item[1] > 1]
    first, second = (drop for drop in standing if drop.path == path)
    assert count == 2
    assert timedelta(0) < second.at - first.at < timedelta(minutes=5)
    assert first.content != second.content


def test_some_files_come_hours_late(standing: Sequence[Drop]) -> None:
    late = [
        drop
        for drop in _named(standing, r"/2026-03-02/\w+__[-_\d]*\.csv")
        if drop.at - datetime.strptime(drop.path[-19:-4], "%Y-%m-%d_%H%M").replace(tzinfo=UTC)
        > timedelta(hours=2)
    ]
    assert len(late) == 1
    assert any(drop.at < late[0].at and drop.path > late[0].path for drop in standing)


def test_some_bytes_come_under_two_names(standing: Sequence[Drop]) -> None:
    (copy,) = _named(standing, r" \(1\)\.csv$")
    (original,) = [drop for drop in standing if drop.path == copy.path.replace(" (1)", "")]
    assert copy.content == original.content
    assert copy.at > original.at


def test_some_files_have_a_header_alone(standing: Sequence[Drop]) -> None:
    headers = {header_only(dataset) for dataset in REPORTS}
    assert sum(drop.content in headers for drop in standing) == 1


def test_one_table_holds_a_word_where_a_number_belongs(standing: Sequence[Drop]) -> None:
    (damaged,) = [drop for drop in standing if b"#ERROR!" in drop.content]
    rows = list(csv.DictReader(io.StringIO(damaged.content.decode(), newline="")))
    assert [number for number, row in enumerate(rows, start=2) if not row["Handle"].isdigit()] == [18]


def test_one_workbook_cannot_be_opened(standing: Sequence[Drop]) -> None:
    unreadable = []
    for drop in _named(standing, r"\.xlsx$"):
        try:
            openpyxl.load_workbook(io.BytesIO(drop.content))
        except BadZipFile:
            unreadable.append(drop.path)
    assert unreadable == ["Reports/School/Backup/Teachers.xlsx"]


def test_one_file_is_no_table(standing: Sequence[Drop]) -> None:
    assert [
        drop.path for drop in standing if not re.search(r"\.(csv|xlsx|ics)$", drop.path, re.IGNORECASE)
    ] == ["Reports/Please read.txt"]


def test_all_but_a_hidden_file_and_a_note_belong_to_a_dataset(days: Sequence[Drop]) -> None:
    stray = {drop.path for drop in days if claimant(DATASETS, drop.path) is None}
    assert stray == {
        "Reports/Archive/.Campaign_Interactions__2026-03-01_0705.csv",
        "Reports/Please read.txt",
    }


def test_names_are_odd(standing: Sequence[Drop]) -> None:
    names = [PurePosixPath(drop.path).name for drop in standing]
    together = "".join(names)
    assert set(" '#%+=;,()[]{}~") <= set(together)
    assert any(name.startswith(".") for name in names)
    assert max(map(len, names)) > 200
    assert {unicodedata.is_normalized("NFC", name) for name in names} == {True, False}
    assert any(not unicodedata.is_normalized("NFD", name) for name in names)
    assert any(ord(letter) > 0xFFFF for letter in together)
    cases = Counter(name.casefold() for name in set(names))
    assert max(cases.values()) == 2


def test_sharepoint_would_take_every_path(days: Sequence[Drop]) -> None:
    for drop in days:
        assert len(f"/sites/Operations/Shared Documents/{drop.path}") <= 400
        for part in drop.path.split("/"):
            assert not set(part) & set('"*:<>?\\|')
            assert not any(ord(letter) < 32 for letter in part)
            assert part
            assert part == part.strip()
            assert not part.endswith(".")
            assert len(part) <= 255
            assert len(part.encode()) <= 255  # so that ordinary file systems can keep it
            assert not RESERVED.fullmatch(part)


def test_no_two_paths_differ_by_case_or_normalization_alone(days: Sequence[Drop]) -> None:
    paths = {
        str(path) for drop in days for path in (PurePosixPath(drop.path), *PurePosixPath(drop.path).parents)
    }
    assert len({unicodedata.normalize("NFC", path).casefold() for path in paths}) == len(paths)
