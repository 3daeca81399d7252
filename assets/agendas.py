"""The live agendas as partitions, and running work over the agendas of a run so that none stops another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Generic, TypeVar

import dagster as dg
import pandas as pd

from scheduling_pipeline.timetable.model import Agenda, Kind

T = TypeVar("T")


@dataclass(frozen=True)
class Agendas:
    """The agendas that are live, by partition key. Those of one kind and zone stand together, so that one
    run can hold all private agendas of a zone as a range of partitions."""

    live: tuple[Agenda, ...]

    @classmethod
    def of_catalogue(cls, catalogue: Iterable[Agenda]) -> Agendas:
        live = (agenda for agenda in catalogue if agenda.live)
        return cls(tuple(sorted(live, key=lambda agenda: (agenda.kind.value, agenda.zone.key))))

    @property
    def partitions(self) -> dg.StaticPartitionsDefinition:
        return dg.StaticPartitionsDefinition([agenda.key for agenda in self.live])

    def of_kind(self, kind: Kind) -> tuple[Agenda, ...]:
        return tuple(agenda for agenda in self.live if agenda.kind is kind)

    @property
    def private_by_zone(self) -> dict[str, list[Agenda]]:
        """The private agendas, by the zone in which they are read."""
        by_zone = groupby(self.of_kind(Kind.PRIVATE), key=lambda agenda: agenda.zone.key)
        return {zone: list(agendas) for zone, agendas in by_zone}

    def of_run(self, context: dg.AssetExecutionContext) -> list[Agenda]:
        """The agendas that a run is about."""
        chosen = set(context.partition_keys)
        return [agenda for agenda in self.live if agenda.key in chosen]


@dataclass(frozen=True)
class Work(Generic[T]):
    """What came of each agenda: a value, or the problem in plain English."""

    values: Mapping[str, T]
    problems: Mapping[str, str]


def work_through(
    agendas: Sequence[Agenda], work: Callable[[Agenda], T], *, expected: tuple[type[Exception], ...]
) -> Work[T]:
    """Do `work` for each agenda. A fault of an expected type is that agenda's alone; when none succeeds, the
    step fails with all of them and is not retried, because nothing would be different."""
    values: dict[str, T] = {}
    problems: dict[str, str] = {}
    for agenda in agendas:
        try:
            values[agenda.key] = work(agenda)
        except expected as fault:
            problems[agenda.key] = str(fault)
    if not values:
        raise dg.Failure("\n".join(problems.values()), allow_retries=False)
    return Work(values, problems)


def joined(frames: Sequence[pd.DataFrame], attrs: dict[Any, Any]) -> pd.DataFrame:
    """The frames of several agendas as one, with what each was made from in its `attrs`."""
    frame = pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True)
    frame.attrs = dict(attrs)
    return frame
