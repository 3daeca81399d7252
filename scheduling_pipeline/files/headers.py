"""Which column of a file is which column of the declaration."""

from __future__ import annotations

from dataclasses import dataclass

from scheduling_pipeline.files.dataset import Column, Dataset
from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.table import Limits, Table, plain, shown

_NAMED = 20  # headers that a message lists


@dataclass(frozen=True, slots=True)
class Matched:
    """Where in a file the declared columns are, which it has not, and the headers nobody declared."""

    places: dict[Column, int]
    missing: tuple[str, ...]
    extra: tuple[str, ...]


def match(table: Table, dataset: Dataset, limits: Limits) -> Matched:
    """Find the declared columns by header or alias. Raises Fault for a missing or a doubled one."""
    if len(table.header) > limits.columns:
        raise Fault(f"has more than {limits.columns:,} columns", row=table.header_row)
    found: dict[str, list[int]] = {}
    for place, header in enumerate(table.header):
        found.setdefault(plain(header), []).append(place)
    places: dict[Column, int] = {}
    missing: list[Column] = []
    for column in dataset.columns:
        names = {plain(name) for name in (column.header, *column.aliases)}
        candidates = sorted(place for name in names for place in found.get(name, ()))
        if len(candidates) > 1:
            raise Fault("there are two columns of this header", row=table.header_row, column=column.header)
        if candidates:
            places[column] = candidates[0]
        else:
            missing.append(column)
    if not places:
        # What stands here may be data, and then personal: it is not quoted.
        raise Fault("none of the declared headers is here: is the header row missing?", row=table.header_row)
    if absent := [column.header for column in missing if column.required]:
        raise Fault(f"has no column {_names(absent)}; it has {_names(table.header)}", row=table.header_row)
    extra = [header for place, header in enumerate(table.header) if place not in set(places.values())]
    return Matched(
        places,
        tuple(column.name for column in missing),
        tuple(header.strip() for header in extra if header.strip()),
    )


def _names(headers: list[str]) -> str:
    named = ", ".join(shown(header.strip()) for header in headers[:_NAMED] if header.strip())
    more = len(headers) - _NAMED
    return f"{named} and {more} more" if more > 0 else named
