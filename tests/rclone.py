"""Stock rclone on the simulated document library: a client that nobody here wrote."""

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from scheduling_pipeline.simulators.connect_proxy import ConnectProxy
from scheduling_pipeline.simulators.graph.sites import DOCUMENTS

PROGRAM = Path(sysconfig.get_path("scripts")) / "rclone"
REMOTE = "school:"


class Reachable(Protocol):
    """Simulators, of this process or of another one; `environment` is what points the pipeline at them."""

    @property
    def environment(self) -> Mapping[str, str]: ...


class Rclone:
    """Runs rclone, which is led to the simulators by the proxy; its own settings are kept in `home`.

    `patience`: seconds that a command may take.
    """

    def __init__(
        self, simulators: Reachable, proxy: ConnectProxy, home: Path, *, patience: float = 60
    ) -> None:
        self._patience = patience
        environment = simulators.environment
        remote = {
            "TYPE": "onedrive",
            "DRIVE_ID": DOCUMENTS.id,
            "DRIVE_TYPE": "documentLibrary",
            "TENANT": environment["AZURE_TENANT_ID"],
            "CLIENT_ID": environment["AZURE_CLIENT_ID"],
            "CLIENT_SECRET": environment["AZURE_CLIENT_SECRET"],
            "CLIENT_CREDENTIALS": "true",
        }
        self._environment = {
            "HOME": str(home),
            "RCLONE_CONFIG": str(home / "rclone.conf"),
            "RCLONE_CACHE_DIR": str(home / "cache"),
            "RCLONE_CA_CERT": environment["AZURE_CA_BUNDLE"],
            "HTTPS_PROXY": proxy.url,
            **{f"RCLONE_CONFIG_SCHOOL_{name}": value for name, value in remote.items()},
        }

    def paths(self, folder: str = "", *options: str) -> list[str]:
        """The paths of all files and folders (with a slash at the end) below a folder, sorted."""
        listed = self.run("lsf", "-R", REMOTE + folder, *options)
        return sorted(listed.stdout.splitlines())

    def hashes(self, folder: str = "") -> Mapping[str, str]:
        """The QuickXorHash in base64 of each file below a folder, as the drive announces it."""
        lines = self.run("hashsum", "quickxor", "--base64", REMOTE + folder).stdout.splitlines()
        return {path: value for value, _, path in (line.partition("  ") for line in lines)}

    def copy(self, to: Path, *options: str, folder: str = "Reports", transfers: int = 4) -> None:
        """Copy a folder's files."""
        self.run("copy", REMOTE + folder, str(to), "--transfers", str(transfers), *options)

    def check(self, local: Path, *options: str, folder: str = "Reports") -> list[str]:
        """rclone's own lines for what differs, by size and hash, between the drive's and a local folder."""
        command = ("check", REMOTE + folder, str(local), "--combined", "-", *options)
        lines = self.run(*command, fails=None).stdout.splitlines()
        return [line for line in lines if not line.startswith("= ")]

    def run(self, *arguments: str, fails: bool | None = False) -> subprocess.CompletedProcess[str]:
        """Run rclone. `fails`: whether it has to, None for either."""
        done = subprocess.run(
            [PROGRAM, *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=self._patience,
            check=False,
        )
        assert fails is None or (done.returncode != 0) == fails, done.stderr
        return done
