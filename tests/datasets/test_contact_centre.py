"""The exports of the contact centre, in the clean shape of their description and as they really are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from tests.datasets.reading import arrive, refusal

EXPORT = "Interval Start,Interval End,Interval Complete,Filters"
HANDLED = f"{EXPORT},Media Type,Agent Id,Agent Name,Handle"
MEASURES = {
    "ACQ": "",
    "QCBS": "",
    "RESC": "",
    "IB_Calls": ",Avg Handle",
    "Dials": ",Avg Handle,Avg Talk,Avg Hold,Avg ACW,Total Handle,Total Talk,Total Hold,Total ACW",
}
CLEAN = "2026-03-01T09:05:00+00:00,2026-03-01T09:05:00+00:00,true,,voice,7b0c,Anna Example,3"
REAL = (
    "2026-03-01 00:00:00,2026-03-02 00:00:00,0.0,Initial Direction: Inbound; Queue: Q-ONE,"
    "callback,7b0c,Anna Example,3.0"
)


@pytest.mark.parametrize("dataset", MEASURES)
def test_both_shapes_load(tmp_path: Path, dataset: str) -> None:
    measures = MEASURES[dataset]
    count = measures.count(",")
    width = HANDLED.count(",") + count
    clean = f"{HANDLED}{measures}\n{CLEAN}{',5' * count}\n"
    real = f"{HANDLED}{measures}\n{REAL}{',20500.5' * count}\n" + f"{',' * width}\n" * 998
    frames = [arrive(tmp_path, f"{dataset}__2026-03-01_0905.csv", text) for text in (clean, real)]
    assert [parsed.padding for parsed in frames] == [0, 998]
    assert [parsed.extra + parsed.missing for parsed in frames] == [(), ()]
    both = pd.concat([parsed.frame for parsed in frames])
    assert both["handle"].tolist() == [3, 3]
    assert both["interval_complete"].tolist() == [True, False]
    assert both["interval_start"].tolist() == [
        datetime(2026, 3, 1, 9, 5, tzinfo=UTC),
        datetime(2026, 2, 28, 23, 0, tzinfo=UTC),
    ]
    for column in both.columns[8:-1]:
        assert both[column].tolist() == [0.005, 20.5005]


def test_nothing_happened_is_not_zero(tmp_path: Path) -> None:
    header = f"{EXPORT},Agent Id,Agent Name,Logged In,On Queue,Idle,Off Queue,Interacting"
    row = "2026-03-01 00:00:00,2026-03-02 00:00:00,0.0,,7b0c,Anna Example,29800123.0,,0,1500.5,"
    frame = arrive(tmp_path, "Productivity__2026-03-01_0905.csv", f"{header}\n{row}\n").frame
    assert frame["logged_in"].tolist() == [29800.123]
    assert frame["off_queue"].tolist() == [1.5005]
    assert frame["idle"].tolist() == [0]
    assert frame[["on_queue", "interacting", "filters"]].isna().all(axis=None)


def test_the_interactions_of_campaigns_in_both_shapes(tmp_path: Path) -> None:
    header = "Full Export Completed,Partial Result Timestamp,Filters,Users,Date,Initial Direction,First Queue"
    clean = "2026-03-01T09:05:00+00:00,2026-03-01T09:05:00+00:00,,7b0c,2026-03-01,inbound,q1"
    real = 'YES,,"Queue: Q-ONE;\nQueue: Q-TWO",,2026-03-01 10:11:12,Outbound,Q-ONE'
    frame = arrive(
        tmp_path, "Campaign_Interactions__2026-03-01_0905.csv", f"{header}\n{clean}\n{real}\n"
    ).frame
    assert frame["initial_direction"].tolist() == ["inbound", "outbound"]
    assert frame["date"].tolist() == [
        datetime(2026, 2, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 1, 9, 11, 12, tzinfo=UTC),
    ]
    assert frame["users"].isna().tolist() == [False, True]
    assert frame["source_row"].tolist() == [2, 3]


def test_names_with_commas_come_back_as_they_are(tmp_path: Path) -> None:
    row = CLEAN.replace("Anna Example", '"Example, Anna ""Ann"""')
    assert arrive(tmp_path, "ACQ.csv", f"{HANDLED}\n{row}\n").frame["agent_name"].tolist() == [
        'Example, Anna "Ann"'
    ]


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    for cell, wrong, reason in (
        ("3.0", "3.5", "row 2, column 'Handle': '3.5' is no whole number"),
        ("3.0", "-1", "row 2, column 'Handle': '-1' is less than 0"),
        ("7b0c", "", "row 2, column 'Agent Id': is empty"),
        ("2026-03-02 00:00:00", "", "row 2, column 'Interval End': is empty"),
        ("0.0", "0.5", "row 2, column 'Interval Complete': '0.5' is neither true nor false"),
    ):
        assert refusal(tmp_path, "ACQ.csv", f"{HANDLED}\n{REAL.replace(cell, wrong)}\n") == reason
