"""The report files: their names, their columns, who is in them, and both shapes."""

from __future__ import annotations

import csv
import io
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.reports import REPORTS, Burst, Shape, content, generate, header_only
from scheduling_pipeline.simulators.reports.files import csv_bytes
from scheduling_pipeline.simulators.reports.people import roster
from scheduling_pipeline.simulators.school.model import ZURICH

HEADERS = {
    "ACQ": "Interval Start,Interval End,Interval Complete,Filters,Media Type,Agent Id,Agent Name,Handle",
    "QCBS": "Interval Start,Interval End,Interval Complete,Filters,Media Type,Agent Id,Agent Name,Handle",
    "RESC": "Interval Start,Interval End,Interval Complete,Filters,Media Type,Agent Id,Agent Name,Handle",
    "IB_Calls": "Interval Start,Interval End,Interval Complete,Filters,Media Type,Agent Id,Agent Name,Handle,"
    "Avg Handle",
    "Dials": "Interval Start,Interval End,Interval Complete,Filters,Media Type,Agent Id,Agent Name,Handle,"
    "Avg Handle,Avg Talk,Avg Hold,Avg ACW,Total Handle,Total Talk,Total Hold,Total ACW",
    "Productivity": "Interval Start,Interval End,Interval Complete,Filters,Agent Id,Agent Name,"
    "Logged In,On Queue,Idle,Off Queue,Interacting",
    "Campaign_Interactions": "Full Export Completed,Partial Result Timestamp,Filters,Users,Date,"
    "Initial Direction,First Queue",
}
ROLES = {
    "ACQ": {"inbound", "hybrid"},
    "QCBS": {"outbound", "hybrid"},
    "RESC": {"inbound", "hybrid"},
    "IB_Calls": {"inbound", "hybrid"},
    "Dials": {"outbound", "hybrid"},
    "Productivity": {"inbound", "hybrid"},
    "Campaign_Interactions": {"inbound", "outbound", "hybrid"},
}

datasets = st.sampled_from(sorted(HEADERS))
shapes = st.sampled_from(Shape)
seeds = st.integers()
instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.sampled_from([UTC, ZURICH]))  # noqa: DTZ001 - hypothesis adds the zone


def _table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))


def _records(data: bytes) -> list[dict[str, str]]:
    """The rows that hold data, by column."""
    header, *rows = _table(data)
    return [dict(zip(header, row, strict=True)) for row in rows if any(row)]


def test_the_roster_has_a_hundred_agents_of_three_roles() -> None:
    agents = roster(7)
    assert Counter(agent.role for agent in agents) == {"inbound": 40, "outbound": 40, "hybrid": 20}
    assert len({UUID(agent.id) for agent in agents}) == 100
    assert agents == roster(7)
    assert agents != roster(8)


def test_names_of_agents_are_not_unique() -> None:
    assert len({agent.name for agent in roster(7)}) < 100


def test_the_datasets_are_the_seven_with_their_columns() -> None:
    assert {name: ",".join(report.columns) for name, report in REPORTS.items()} == HEADERS


@given(datasets, instants)
def test_a_file_is_named_after_its_dataset_and_its_five_minutes(dataset: str, at: datetime) -> None:
    drop = generate(dataset, at, rows=10)
    name = PurePosixPath(drop.path).name
    named = datetime.strptime(name, f"{dataset}__%Y-%m-%d_%H%M.csv").replace(tzinfo=UTC)
    assert named.minute % 5 == 0
    assert timedelta(0) <= at.astimezone(UTC) - named < timedelta(minutes=5)
    assert drop.path == f"Reports/{named:%Y-%m-%d}/{name}"
    assert drop.at == at


@pytest.mark.parametrize(
    ("local", "name"),
    [
        ("2026-03-02T06:04:59.999999+01:00", "ACQ__2026-03-02_0500.csv"),  # floor, not round
        ("2026-03-02T06:05:00+01:00", "ACQ__2026-03-02_0505.csv"),
        ("2026-03-02T00:59:00+01:00", "ACQ__2026-03-01_2355.csv"),
    ],
)
def test_the_name_is_in_utc_and_rounded_down(local: str, name: str) -> None:
    assert PurePosixPath(generate("ACQ", datetime.fromisoformat(local)).path).name == name


@given(datasets, shapes, seeds, st.integers(1, 2000))
def test_header_and_roles_hold_for_any_number_of_rows(
    dataset: str, shape: Shape, seed: int, rows: int
) -> None:
    data = content(dataset, DEMO_START, seed=seed, shape=shape, rows=rows)
    assert data.startswith(f"{HEADERS[dataset]}\n".encode())
    roles = {agent.id: agent.role for agent in roster(seed)}
    records = _records(data)
    agents = {record.get("Agent Id", record.get("Users", "")) for record in records} - {""}
    assert {roles[agent] for agent in agents} <= ROLES[dataset]


@given(datasets, st.integers(-5, 3000))
def test_clean_rows_are_clamped(dataset: str, rows: int) -> None:
    assert len(_records(content(dataset, DEMO_START, rows=rows))) == min(max(rows, 10), 1000)


@pytest.mark.parametrize("dataset", HEADERS)
def test_a_clean_file_has_fifty_rows_by_default(dataset: str) -> None:
    assert len(_records(content(dataset, DEMO_START))) == 50


@given(datasets, shapes, seeds, instants)
def test_equal_seeds_give_equal_bytes(dataset: str, shape: Shape, seed: int, at: datetime) -> None:
    data = content(dataset, at, seed=seed, shape=shape, rows=10)
    assert data == content(dataset, at.astimezone(UTC), seed=seed, shape=shape, rows=10)
    assert data != content(dataset, at, seed=seed + 1, shape=shape, rows=10)


def test_the_order_of_calls_does_not_matter() -> None:
    calls = [(dataset, shape) for dataset in HEADERS for shape in Shape]
    there = {call: content(call[0], DEMO_START, shape=call[1]) for call in calls}
    back = {call: content(call[0], DEMO_START, shape=call[1]) for call in reversed(calls)}
    assert there == back


def test_files_made_at_once_are_intact() -> None:
    calls = [(dataset, shape) for dataset in HEADERS for shape in Shape] * 5
    alone = [content(dataset, DEMO_START, seed=1, shape=shape) for dataset, shape in calls]
    with ThreadPoolExecutor(5) as pool:
        together = pool.map(lambda call: content(call[0], DEMO_START, seed=1, shape=call[1]), calls)
        assert list(together) == alone


def test_a_later_file_of_the_five_minutes_has_the_same_name_and_other_content() -> None:
    first = generate("Dials", DEMO_START)
    second = generate("Dials", DEMO_START + timedelta(minutes=4))
    assert first.path == second.path
    assert first.content != second.content


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r")), min_size=2, max_size=2),
        min_size=1,
    )
)
def test_commas_quotes_and_newlines_survive(rows: list[list[str]]) -> None:
    assert _table(csv_bytes(("a, b", 'c "d"'), rows)) == [["a, b", 'c "d"'], *rows]


@pytest.mark.parametrize("dataset", sorted(set(HEADERS) - {"Campaign_Interactions"}))
def test_every_report_has_agents_whose_names_want_quoting(dataset: str) -> None:
    names = {record["Agent Name"] for record in _records(content(dataset, DEMO_START, rows=1000))}
    assert any("," in name for name in names)
    assert any('"' in name for name in names)


def test_an_unknown_dataset_is_refused() -> None:
    with pytest.raises(ValueError, match="Unknown dataset Faxes"):
        generate("Faxes", DEMO_START)


def test_a_header_only_file_has_no_rows() -> None:
    assert header_only("RESC").decode() == HEADERS["RESC"] + "\n"


@pytest.mark.parametrize("dataset", sorted(set(HEADERS) - {"Campaign_Interactions"}))
def test_the_clean_interval_is_the_minute(dataset: str) -> None:
    now = "2026-03-02T05:02:00+00:00"
    for record in _records(content(dataset, DEMO_START + timedelta(minutes=2, seconds=15))):
        assert (record["Interval Start"], record["Interval End"]) == (now, now)
        assert record["Interval Complete"] == "true"
        assert record["Filters"] == ""
        assert record.get("Media Type", "voice") == "voice"
        assert dataset == "Productivity" or 0 <= int(record["Handle"]) <= 25


@given(seeds)
def test_clean_averages_and_totals_agree(seed: int) -> None:
    for record in _records(content("Dials", DEMO_START, seed=seed)):
        numbers = {name: int(record[name]) for name in HEADERS["Dials"].split(",")[7:]}
        assert numbers["Avg Handle"] == numbers["Handle"]
        assert numbers["Avg Talk"] + numbers["Avg Hold"] <= numbers["Avg Handle"]
        assert 0 <= numbers["Avg ACW"] <= 10
        for what in ("Handle", "Talk", "Hold", "ACW"):
            assert numbers[f"Total {what}"] == 5 * numbers[f"Avg {what}"]
    assert all(
        record["Handle"] == record["Avg Handle"] for record in _records(content("IB_Calls", DEMO_START))
    )


@given(seeds, shapes)
def test_nobody_is_busy_for_longer_than_logged_in(seed: int, shape: Shape) -> None:
    for record in _records(content("Productivity", DEMO_START, seed=seed, shape=shape)):
        times = [float(record[name] or 0) for name in HEADERS["Productivity"].split(",")[6:]]
        assert sum(times[1:]) <= times[0]


@given(seeds)
def test_clean_productivity_is_in_its_bounds(seed: int) -> None:
    bounds = {
        "Logged In": (200, 480),
        "On Queue": (50, 300),
        "Interacting": (20, 200),
        "Idle": (0, 120),
        "Off Queue": (0, 60),
    }
    for record in _records(content("Productivity", DEMO_START, seed=seed)):
        assert all(low <= int(record[name]) <= high for name, (low, high) in bounds.items())


def test_clean_campaign_interactions_have_a_user_and_a_date() -> None:
    for record in _records(content("Campaign_Interactions", DEMO_START)):
        assert (
            record["Full Export Completed"]
            == record["Partial Result Timestamp"]
            == "2026-03-02T05:00:00+00:00"
        )
        assert record["Date"] == "2026-03-02"
        assert record["Initial Direction"] in {"inbound", "outbound"}
        assert record["First Queue"] == "q1"
        assert UUID(record["Users"])


@given(datasets, seeds, instants)
def test_a_real_file_is_mostly_padding(dataset: str, seed: int, at: datetime) -> None:
    data = content(dataset, at, seed=seed, shape=Shape.REAL)
    header, *rows = _table(data)
    assert len(rows) == 999
    filled = sum(any(row) for row in rows)
    assert 6 <= filled <= 50
    padding = "," * (len(header) - 1) + "\n"
    assert data.endswith(padding.encode() * (999 - filled))


@pytest.mark.parametrize("rows", [1, 6, 30, 50, 2000])
def test_real_rows_are_clamped(rows: int) -> None:
    data = content("Productivity", DEMO_START, shape=Shape.REAL, rows=rows)
    assert len(_records(data)) == min(max(rows, 6), 50)


@pytest.mark.parametrize(
    ("at", "day", "next_day"),
    [
        ("2026-03-01T23:30:00+00:00", "2026-03-02 00:00:00", "2026-03-03 00:00:00"),  # the day in Zurich
        ("2026-03-29T12:00:00+00:00", "2026-03-29 00:00:00", "2026-03-30 00:00:00"),  # a day of 23 hours
    ],
)
def test_the_real_interval_is_the_day_on_the_wall(at: str, day: str, next_day: str) -> None:
    for record in _records(content("QCBS", datetime.fromisoformat(at), shape=Shape.REAL)):
        assert (record["Interval Start"], record["Interval End"]) == (day, next_day)
        assert record["Interval Complete"] == "0.0"


@given(seeds)
def test_real_counts_are_floats_and_durations_milliseconds(seed: int) -> None:
    for record in _records(content("IB_Calls", DEMO_START, seed=seed, shape=Shape.REAL)):
        assert record["Handle"].endswith(".0")
        assert 20_000 <= float(record["Avg Handle"]) <= 1_900_000
    for record in _records(content("Dials", DEMO_START, seed=seed, shape=Shape.REAL)):
        count = float(record["Handle"])
        for what in ("Handle", "Talk", "ACW"):
            assert float(record[f"Total {what}"]) == pytest.approx(count * float(record[f"Avg {what}"]))
        assert (record["Avg Hold"] == "") == (record["Total Hold"] == "")
        parts = sum(float(record[f"Total {what}"] or 0) for what in ("Talk", "Hold", "ACW"))
        assert parts == float(record["Total Handle"])


def _over_a_day(dataset: str) -> list[dict[str, str]]:
    """The real rows of a dataset's hourly files of one day."""
    hours = (DEMO_START + timedelta(hours=hour) for hour in range(18))
    return [record for at in hours for record in _records(content(dataset, at, shape=Shape.REAL))]


@pytest.mark.parametrize(
    ("dataset", "column"),
    [("Dials", "Avg Hold"), ("Productivity", "On Queue"), ("Campaign_Interactions", "Users")],
)
def test_where_nothing_happened_the_real_cell_is_empty(dataset: str, column: str) -> None:
    cells = {record[column] for record in _over_a_day(dataset)}
    assert "" in cells
    assert len(cells) > 1
    assert not cells & {"0", "0.0"}


def test_real_media_types() -> None:
    assert {record["Media Type"] for record in _over_a_day("QCBS")} == {"voice", "callback"}
    assert {record["Media Type"] for record in _over_a_day("ACQ")} == {"voice"}


def test_real_filters_have_semicolons_and_may_be_very_long() -> None:
    filters = {record["Filters"] for record in _over_a_day("RESC")}
    assert all(text.startswith("Initial Direction: Inbound; Queue: Q-") for text in filters)
    assert max(map(len, filters)) > 1000
    assert any("\n" in text for text in filters)


def test_real_campaign_interactions_have_a_time_of_the_day_so_far() -> None:
    records = _records(content("Campaign_Interactions", DEMO_START, shape=Shape.REAL, rows=50))
    for record in records:
        assert (record["Full Export Completed"], record["Partial Result Timestamp"]) == ("YES", "")
        assert record["Initial Direction"] in {"Inbound", "Outbound"}
        begun = datetime.strptime(record["Date"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZURICH)
        assert DEMO_START - timedelta(hours=6) <= begun <= DEMO_START
    assert sum(record["Users"] == "" for record in records) > len(records) / 2


def test_a_burst_arrives_at_once_with_nothing_twice() -> None:
    drops = Burst(500, DEMO_START).between(None, DEMO_START)
    assert {drop.at for drop in drops} == {DEMO_START}
    assert len({drop.path for drop in drops}) == len({drop.content for drop in drops}) == 500


def test_a_larger_burst_begins_with_the_same_files() -> None:
    assert list(Burst(30, DEMO_START).between(None, DEMO_START)) == list(
        Burst(40, DEMO_START).between(None, DEMO_START)[:30]
    )


def test_a_burst_comes_once() -> None:
    burst, second = Burst(3, DEMO_START), timedelta(seconds=1)
    assert burst.between(None, DEMO_START - second) == ()
    assert len(burst.between(DEMO_START - second, DEMO_START)) == 3
    assert burst.between(DEMO_START, DEMO_START + second) == ()
