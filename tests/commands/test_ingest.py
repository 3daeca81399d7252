"""`ingest trigger`, `run-once` and `status`: what they do, what they say, and how they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
import stamina

from assets.sharepoint_files import INGEST_JOB
from scheduling_pipeline.simulators.graph.settings import ALL_ROLES
from tests.commands.office import DOWNLOADS, ROWS, Office

LISTING = "GET .*/delta"
BROKEN = b"PK\x03\x04 this was a workbook once"


@contextmanager
def a_run_under_way() -> Iterator[str]:
    """As if the daemon had started one a moment ago; its id."""
    with dg.DagsterInstance.get() as instance:

        @dg.job(name=INGEST_JOB)
        def ingest() -> None:
            pass

        run = instance.create_run_for_job(ingest, status=dg.DagsterRunStatus.STARTING)
        yield run.run_id


def line(text: str, start: str) -> list[str]:
    """The cells of the row of a table that starts so."""
    (found,) = [row.split() for row in text.splitlines() if row.strip().startswith(start)]
    return found


def test_trigger_brings_all_in_and_then_there_is_nothing_left(office: Office) -> None:
    paths = [office.drop(number, dataset) for number, dataset in enumerate(["ACQ", "ACQ", "Dials"])]

    first, second = office.run("trigger"), office.run("trigger")

    assert (first.code, second.code) == (0, 0), first.text
    assert "✓ 3 downloads, 150 rows loaded." in first.text
    assert line(first.text, "acq") == ["acq", "2", "100", "2", "0", "0", "0", "0"]
    assert line(first.text, "dials") == ["dials", "1", "50", "1", "0", "0", "0", "0"]
    assert "✓ 0 downloads: everything was here already." in second.text
    assert line(second.text, "acq") == ["acq", "2", "100", "0", "0", "0", "0", "0"]
    assert sorted(office.downloads) == sorted(paths)
    assert office.log == dict.fromkeys(paths, "loaded")


def test_the_account_names_what_was_not_read_and_why(office: Office) -> None:
    office.drop(0)
    office.put("Reports/School/Teachers.xlsx", BROKEN)
    office.put("Reports/minutes.txt", b"of the meeting")

    outcome = office.run("trigger")

    assert outcome.code == 0, outcome.text
    assert "✓ 3 downloads, 50 rows loaded; 1 skipped, 1 quarantined." in outcome.text
    assert line(outcome.text, "teachers") == ["teachers", "0", "0", "0", "0", "0", "1", "0"]
    assert line(outcome.text, "no dataset") == ["no", "dataset", "0", "0", "1", "0", "0"]
    assert "Reports/School/Teachers.xlsx: " in outcome.text


def test_one_file_that_does_not_come_through_is_named_and_the_others_do(office: Office) -> None:
    good, bad = office.drop(0), office.drop(1)
    office.arm("http", f"{DOWNLOADS}{bad}", status=404, code="itemNotFound")

    outcome = office.run("trigger")

    assert outcome.code == 0, outcome.text
    assert office.log == {good: "loaded", bad: "failed"}
    assert f"{bad}: failed: SharePoint answered 404" in outcome.text
    assert "50 rows loaded; 1 failed." in outcome.text


def test_where_no_file_comes_through_the_run_failed(office: Office) -> None:
    bad = office.drop(0)
    office.arm("http", DOWNLOADS, status=404, code="itemNotFound")
    outcome = office.run("trigger")
    assert outcome.code == 1
    assert "no file came through" in outcome.text
    assert bad in outcome.text


def test_a_graph_that_is_down_is_a_sentence(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_GRAPH_URL", "https://localhost:1/v1.0")
    with stamina.set_testing(True, attempts=2):
        outcome = office.run("trigger")
    assert outcome.code == 1
    assert "cannot be read: no answer ConnectError" in outcome.text
    assert "Traceback" not in outcome.text


def test_a_run_under_way_is_respected_unless_forced(office: Office) -> None:
    office.drop(0)
    with a_run_under_way() as run:
        refused = office.run("trigger")
        assert refused.code == 1
        assert f"run {run[:8]} is still under way; wait for it, or use --force" in refused.text
        assert not office.downloads
        assert office.run("run-once").code == 1

        forced = office.run("trigger", "--force")

    assert forced.code == 0, forced.text
    assert len(office.downloads) == 1


def test_overlap_that_the_settings_allow_is_not_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEDULER_ALLOW_OVERLAP", "true")
    office.drop(0)
    with a_run_under_way():
        assert office.run("trigger").code == 0


@pytest.mark.parametrize("command", ["trigger", "run-once"])
def test_a_listing_that_fails_is_a_sentence_and_nothing_is_downloaded(office: Office, command: str) -> None:
    office.drop(0)
    office.arm("http", LISTING, status=403, code="accessDenied")

    outcome = office.run(command)

    assert outcome.code == 1
    assert "the changes in Shared Documents cannot be read: 403 accessDenied" in outcome.text
    assert "Traceback" not in outcome.text
    assert not office.downloads
    office.mend()
    assert office.run(command).code == 0, "nothing was lost"
    assert len(office.downloads) == 1


@pytest.mark.parametrize("command", ["trigger", "run-once"])
def test_a_refused_secret_is_a_sentence_without_it(
    office: Office, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "an-old-secret")
    outcome = office.run(command)
    assert outcome.code == 1
    assert "secret" in outcome.text
    assert "an-old-secret" not in outcome.text
    assert "Traceback" not in outcome.text


def test_a_folder_that_is_not_there_is_named(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEDULER_SHAREPOINT_FOLDER", "/Shared Documents/Nowhere")
    outcome = office.run("trigger")
    assert outcome.code == 1
    assert "Nowhere" in outcome.text
    assert not office.downloads


def test_a_missing_permission_is_named(office: Office) -> None:
    roles = office.simulators.graph.settings.roles
    roles.clear()
    roles.update(ALL_ROLES - {"Files.Read.All", "Sites.Read.All"})
    outcome = office.run("trigger")
    assert outcome.code == 1
    assert "Sites." in outcome.text


@pytest.mark.parametrize("command", ["trigger", "run-once", "status"])
def test_a_database_that_does_not_answer_stops_it_before_anything_is_asked(
    office: Office, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    office.drop(0)
    monkeypatch.setenv("DATABASE_URL", "postgresql://planner:hidden@127.0.0.1:1/pipeline")
    outcome = office.run(command)
    assert outcome.code == 1
    assert "the database cannot be used" in outcome.text
    assert "hidden" not in outcome.text
    assert not office.simulators.graph.control.journal()


def test_a_directory_that_files_cannot_be_kept_in_stops_it_before_any_download(office: Office) -> None:
    office.drop(0)
    (office.home / "incoming").write_text("in the way")
    outcome = office.run("trigger")
    assert outcome.code == 1
    assert f"files cannot be kept in {office.home / 'incoming'}" in outcome.text
    assert not office.downloads


@pytest.mark.parametrize("command", ["trigger", "run-once", "run", "status"])
def test_what_is_not_set_up_is_all_named(
    office: Office, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for variable in (
        "SCHEDULER_SHAREPOINT_SITE_URL",
        "AZURE_CLIENT_ID",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_SECRET",
    ):
        monkeypatch.delenv(variable)
    outcome = office.run(command)
    assert outcome.code == 1
    assert "set SCHEDULER_SHAREPOINT_SITE_URL, AZURE_TENANT_ID, AZURE_CLIENT_ID" in outcome.text


def test_without_a_dagster_home_there_is_nothing_to_run_in(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME")
    outcome = office.run("trigger")
    assert outcome.code == 1
    assert "DAGSTER_HOME" in outcome.text


def test_run_once_takes_as_much_as_one_run_and_the_next_one_the_rest(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEDULER_RUN_FILES", "2")
    paths = [office.drop(number) for number in range(3)]

    taken = []
    for _ in range(3):
        outcome = office.run("run-once")
        assert outcome.code == 0, outcome.text
        taken.append(len(office.log))

    assert taken == [2, 3, 3]
    assert "Nothing new." in outcome.text
    assert sorted(office.downloads) == sorted(paths)
    assert office.rows("acq") == 3 * ROWS


def test_status_before_anything_ever_ran(office: Office) -> None:
    outcome = office.run("status")
    assert outcome.code == 0, outcome.text
    assert "not running; start it with: scheduling-pipeline ingest run" in outcome.text
    for what, found in {"last tick": "never", "under way": "nothing", "files loaded": "0"}.items():
        assert f"│ {what} " in outcome.text
        assert any(what in row and found in row for row in outcome.text.splitlines())
    assert "quarantine" not in outcome.text.replace("files quarantined", "")
    assert not office.simulators.graph.control.journal(), "it asks the database alone"


def test_status_names_what_is_under_way_and_what_stands_in_quarantine(office: Office) -> None:
    office.put("Reports/School/Teachers.xlsx", BROKEN)
    office.run("trigger")
    with a_run_under_way() as run:
        outcome = office.run("status")
    assert f"run {run[:8]}" in outcome.text
    (row,) = [row for row in outcome.text.splitlines() if "Teachers.xlsx" in row]
    assert "workbook" in row


def test_status_says_that_it_is_switched_off(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEDULER_ENABLED", "false")
    assert "switched off: `enabled` is false" in office.run("status").text


def test_settings_of_the_file_count_as_well(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCHEDULER_INGESTION_DIR")
    kept = office.home / "elsewhere"
    Path(office.home / "settings.toml").write_text(f"[scheduler]\ningestion_dir = '{kept}'\n")
    path = office.drop(0)
    assert office.run("trigger").code == 0
    assert (kept / path.removeprefix("Reports/")).is_file()


def test_the_log_is_a_file_and_the_terminal_has_words_alone(office: Office) -> None:
    office.drop(0)
    outcome = office.run("trigger")
    told = (office.home / "ingest.log").read_text()
    assert "syncjob.download.success.count 1" in told
    assert "syncjob" not in outcome.text
