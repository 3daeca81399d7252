"""What a dataset is: a declaration of its files, its columns and how they become rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from scheduling_pipeline.digest import digest


class Kind(StrEnum):
    """What a column holds. Text from a file is converted to it, or the file has a fault."""

    TEXT = "text"
    INTEGER = "integer"  # "3" and "3.0"
    NUMBER = "number"
    BOOLEAN = "boolean"  # true/false, yes/no, 1/0, 1.0/0.0, in any case
    MILLISECONDS = "milliseconds"  # a duration, kept in seconds
    DATE = "date"
    TIME = "time"
    INSTANT = "instant"  # a date and time; without an offset it is in the dataset's zone


class Loading(StrEnum):
    """How the rows of a file join those of the files before it."""

    APPEND = "append by file"
    REPLACE_INTERVAL = "replace by interval"  # of two files about one interval, the newer one counts
    REPLACE_ALL = "replace whole"  # the newest file is all there is


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the table, its header in the file, and what its cells may be.

    A header is found in any letter case and spacing, also under one of `aliases`. `required`: the file must
    have the column; `nullable`: a cell may be empty. `choices` are the texts allowed, `low` and `high` the
    bounds of a number, both included.
    """

    name: str
    header: str
    kind: Kind = Kind.TEXT
    required: bool = True
    nullable: bool = True
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A declaration. `patterns` are shell patterns for a file's name, in any letter case.

    `key`: columns that together are unique in a file. `interval`: the columns that say which interval a row
    is about, for REPLACE_INTERVAL. `sheet`: the worksheet to read; None for the first. `max_age`: how old the
    newest file may be before the data is stale; None where it is never.
    """

    name: str
    description: str
    patterns: tuple[str, ...]
    columns: tuple[Column, ...]
    loading: Loading
    key: tuple[str, ...] = ()
    interval: tuple[str, ...] = ()
    sheet: str | None = None
    comment: str | None = None
    max_age: timedelta | None = None

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError(f"{self.name}: two columns have the same name")
        if unknown := {*self.key, *self.interval} - set(names):
            raise ValueError(f"{self.name}: no column {', '.join(sorted(unknown))}")
        if (self.loading is Loading.REPLACE_INTERVAL) != bool(self.interval):
            raise ValueError(f"{self.name}: an interval belongs to {Loading.REPLACE_INTERVAL}")

    def claims(self, path: str) -> bool:
        """Whether a file of this path is one of the dataset's."""
        name = PurePosixPath(path).name.casefold()
        return any(fnmatchcase(name, pattern.casefold()) for pattern in self.patterns)

    @property
    def fingerprint(self) -> str:
        """Changes when files must be read again because the declaration says something else about them."""
        return digest([str(self.columns), self.key, self.interval, self.loading, self.sheet, self.comment])


def claimant(datasets: Sequence[Dataset], path: str) -> Dataset | None:
    """The dataset that a file belongs to, if any."""
    return next((dataset for dataset in datasets if dataset.claims(path)), None)
