"""The command line itself: help that comes at once, plain errors, and who does the work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scheduling_pipeline import log
from scheduling_pipeline.cli import app, main
from scheduling_pipeline.commands import ingest, run

COMMANDS = ("run", "simulators", "plan", "release", "adopt", "rebuild", "doctor", "ingest")
INGEST_COMMANDS = ("run", "trigger", "run-once", "status")


def invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_help_names_every_command() -> None:
    code, text = invoke("--help")
    assert code == 0
    assert all(command in text for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    code, text = invoke(command, "--help")
    assert code == 0
    assert len(text.split("Options")[0]) > 100


def test_help_names_every_ingest_command() -> None:
    code, text = invoke("ingest", "--help")
    assert code == 0
    assert all(command in text for command in INGEST_COMMANDS)


@pytest.mark.parametrize("command", INGEST_COMMANDS)
def test_every_ingest_command_explains_itself(command: str) -> None:
    code, text = invoke("ingest", command, "--help")
    assert code == 0
    assert len(text.split("Options")[0]) > 100


def test_ingest_commands_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[object] = []
    monkeypatch.setattr(ingest, "trigger", lambda *, force: handed.append(f"force={force}"))
    for name in ("run", "run_once", "status"):
        monkeypatch.setattr(ingest, name, lambda name=name: handed.append(name))
    for arguments in (["run"], ["trigger"], ["trigger", "--force"], ["run-once"], ["status"]):
        assert invoke("ingest", *arguments)[0] == 0
    assert handed == ["run", "force=False", "force=True", "run_once", "status"]


def test_help_does_not_wait_for_what_only_commands_need() -> None:
    program = "import sys, scheduling_pipeline.cli; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"dagster", "pandas", "playwright", "sqlalchemy"} & set(answer.stdout.split())


def test_commands_log_in_the_projects_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(log, "configure_logging", lambda: done.append("logging"))
    monkeypatch.setattr(run, "run", lambda *, once: done.append(f"once={once}"))
    monkeypatch.setattr(sys, "argv", ["scheduling-pipeline", "run", "--once"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert done == ["logging", "once=True"]


def test_settings_that_cannot_be_used_are_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "settings.toml").write_text("[graph]\nclient_secret = 'x'\n")
    monkeypatch.setenv("SCHEDULING_SETTINGS", str(tmp_path / "settings.toml"))
    code, text = invoke("plan", "sfs_lausanne")
    assert code == 1
    assert "a secret does not belong in a file" in text
    assert "Traceback" not in text


def test_a_system_that_is_not_set_up_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEDULING_SETTINGS", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("SCHEDULING_HOME", str(tmp_path))
    for name in (
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "DATABASE_URL",
        "SCHEDULING_CLOCK_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    code, text = invoke("plan", "sfs_lausanne")
    assert code == 1
    assert "set AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET" in text


def test_run_and_simulators_are_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[object] = []
    monkeypatch.setattr(run, "run", lambda *, once: handed.append(once))
    monkeypatch.setattr(run, "simulators", handed.append)
    assert invoke("run", "--once")[0] == invoke("simulators", "--home", str(tmp_path))[0] == 0
    assert handed == [True, tmp_path]
