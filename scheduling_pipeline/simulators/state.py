"""What a simulator keeps on disk: one SQLite file, from any thread."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def open_state(path: Path, tables: str) -> sqlite3.Connection:
    """The file at `path`, in which `tables` makes what is not there yet. Statements commit by themselves.

    It is fast rather than safe from a failing machine: the operating system is trusted to survive.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    database.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;{tables}")
    return database
