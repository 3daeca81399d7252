"""Single steps on a file system that are whole or not done at all, and last."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scheduling_pipeline.files.names import PARTIAL


def put(source: Path, target: Path) -> None:
    """Have the bytes of `source` at `target`, at once and durably; copied where they cannot be linked."""
    with temporary(target) as fresh:
        try:
            os.link(source, fresh)
        except FileNotFoundError:
            raise
        except OSError:
            with source.open("rb") as bytes_, fresh.open("xb") as copy:
                shutil.copyfileobj(bytes_, copy)
                copy.flush()
                os.fsync(copy.fileno())
            shutil.copystat(source, fresh)
        fresh.replace(target)
    sync(target.parent)


@contextmanager
def temporary(target: Path) -> Iterator[Path]:
    """An unused name beside `target`, of which nothing is left afterwards."""
    fresh = target.with_name(partial_name(target))
    try:
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)


def partial_name(target: Path) -> str:
    return f"{PARTIAL}{hashlib.sha256(os.fsencode(target)).hexdigest()[:12]}-{uuid.uuid4().hex[:12]}"


def remove_left_over(partial: Path) -> None:
    """Remove what nobody is writing any more: the system takes a lock off when its process ends."""
    with suppress(BlockingIOError, FileNotFoundError), partial.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        partial.unlink()


def holds(place: Path, sha256: str) -> bool:
    return place.is_file() and sha256_of(place) == sha256


def sha256_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def sync(directory: Path) -> None:
    """Have the names in a directory survive a power failure."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
