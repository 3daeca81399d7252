"""State files of older scripts: read whole or not at all, and what is wrong with them is said in place."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling_pipeline.timetable.state_files import (
    Remembered,
    StateFileError,
    is_common,
    read_state_file,
    state_files,
)
from tests.timetable.builders import METHOD, PRIVATE, ZURICH

LESSON = {
    "outlook_event_id": "AAMk1",
    "date": "2026-03-03",
    "start": "09:00",
    "end": "10:00",
    "subject": "Private: VAD - VIP Adults",
    "type": "VAD",
    "online": False,
}
CLASS = {
    "outlook_event_id": "AAMk2",
    "day": "Monday",
    "start": "09:00",
    "end": "12:00",
    "subject": "Teaching",
}


def state(agenda: str, sync_type: str, **events: list[dict[str, Any]]) -> str:
    return json.dumps(
        {
            "synced_at": "2026-03-01T17:00:00+00:00",
            "agenda": agenda,
            "sync_type": sync_type,
            "events": {f"{name}@school.example": entries for name, entries in events.items()},
        }
    )


GOOD = state(PRIVATE.key, "vip", ana=[LESSON, LESSON | {"outlook_event_id": None, "type": None}], jo=[])


def write(folder: Path, text: str, name: str = PRIVATE.key) -> Path:
    path = folder / f"{name}.json"
    path.write_text(text)
    return path


def test_lessons_are_remembered_at_their_wall_time(tmp_path: Path) -> None:
    first, second = read_state_file(write(tmp_path, GOOD), PRIVATE)
    assert first == Remembered(
        upn="ana@school.example",
        provider_id="AAMk1",
        label="ana@school.example: Private: VAD - VIP Adults, 2026-03-03 09:00-10:00",
        start=datetime(2026, 3, 3, 9, tzinfo=ZURICH),
        code="VAD",
    )
    assert (second.provider_id, second.code) == ("", "")


def test_classes_are_remembered_by_weekday(tmp_path: Path) -> None:
    path = write(tmp_path, state(METHOD.key, "method", ana=[CLASS]), METHOD.key)
    (entry,) = read_state_file(path, METHOD)
    assert entry.label == "ana@school.example: Teaching, Monday 09:00-12:00"
    assert entry.start is None


def test_the_agendas_own_file_comes_before_the_one_about_all(tmp_path: Path) -> None:
    common = write(tmp_path, state("all_private", "vip"), "all_private")
    assert state_files(tmp_path, PRIVATE) == [common]
    assert is_common(common, PRIVATE)
    own = write(tmp_path, GOOD)
    assert state_files(tmp_path, PRIVATE) == [own, common]
    assert not is_common(own, PRIVATE)
    assert read_state_file(common, PRIVATE) == []


def test_no_file_about_the_agenda_is_said_with_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(StateFileError, match=r"neither sfs_lausanne\.json nor all_method\.json"):
        state_files(tmp_path, METHOD)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1, column 1"),
        ("[]", "at the top"),
        (
            state(PRIVATE.key, "vip", ana=[{"start": "09:00"}]),
            r"events\.ana@school\.example\.0\.end: Field required",
        ),
        (
            state(PRIVATE.key, "vip", ana=[LESSON | {"date": "yesterday"}]),
            r"events\.ana@school\.example\.0\.date",
        ),
        (state(METHOD.key, "method", ana=[CLASS]), "is about 'sfs_lausanne'"),
        (state(PRIVATE.key, "method"), r"\(method\)"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_place(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(StateFileError, match=fault) as caught:
        read_state_file(write(tmp_path, text), PRIVATE)
    assert f"{PRIVATE.key}.json" in str(caught.value)


def test_a_file_that_is_not_text_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / f"{PRIVATE.key}.json"
    path.write_bytes(b'{"agenda": "\xff"}')
    with pytest.raises(StateFileError, match="not UTF-8"):
        read_state_file(path, PRIVATE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(0, len(GOOD) - 1))
def test_a_file_that_was_only_written_half_is_never_taken_for_a_whole_one(
    tmp_path: Path, length: int
) -> None:
    with pytest.raises(StateFileError, match="perhaps it was only written half"):
        read_state_file(write(tmp_path, GOOD[:length]), PRIVATE)
