"""What a run of the work orders says of itself: counts, the week, what changed, checks.

A check reports; it does not protect. What must not happen is prevented where orders are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import dagster as dg
from sqlalchemy import Engine

from assets.metadata import WEEKDAYS, check, table
from scheduling_pipeline.digest import digest
from scheduling_pipeline.roster_settings import DeskSettings
from scheduling_pipeline.work_orders.credentials import account_state
from scheduling_pipeline.work_orders.dispensers import Tally, dispensers_of
from scheduling_pipeline.work_orders.model import Kind, WorkOrder
from scheduling_pipeline.work_orders.readings import Reading, last_reading
from scheduling_pipeline.work_orders.refresh import Refreshed
from scheduling_pipeline.work_orders.stored import open_orders

if TYPE_CHECKING:
    Result = dg.MaterializeResult[None]
else:
    Result = dg.MaterializeResult  # the only form Dagster takes for an asset with checks
Event = Result | dg.AssetCheckResult


def _spec(asset: str, name: str, description: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(name, asset=asset, description=description)


IDLE_TAG = "idle"  # with the run's own id: Dagster copies the tags of a run that is executed again
LOGIN = "The owner's account was accepted when it was last used."
ORDER_CHECKS = [
    _spec("work_orders", "complete", "The last list was read to its end, and all that it lacks is settled."),
    _spec("work_orders", "login", LOGIN),
]
DISPENSER_CHECKS = [
    _spec("dispensers", "read", "Every place that was to be read could be read."),
    _spec("dispensers", "login", LOGIN),
]


def noted(done: Refreshed) -> dict[str, Any]:
    """What the history keeps of a reading."""
    return {
        **done.counts,
        "baseline": done.baseline,
        "problem": done.problem,
        "doubt": done.doubt or done.unsettled,
    }


def orders(
    context: dg.AssetExecutionContext, done: Refreshed, engine: Engine, owner_id: int, today: date
) -> Iterator[Event]:
    """What a reading did. Raises dg.Failure after that when it proves too little."""
    standing = open_orders(engine, owner_id)
    reading = last_reading(engine, owner_id)
    yield _result(
        context,
        list(order_checks(engine, owner_id)),
        data_version=dg.DataVersion(digest(list(map(str, standing)))),
        metadata={
            **done.counts,
            "open": len(standing),
            "complete": not done.problem,
            "baseline": done.baseline,
            "week": dg.MetadataValue.md(week_view(standing, today)),
            "changes": table(_changes(reading)),
        },
    )
    if done.unproven:
        raise dg.Failure(done.unproven, metadata=dict(done.counts), allow_retries=False)


def changes(engine: Engine, owner_id: int, desk: DeskSettings) -> Result:
    """What the last reading changed."""
    reading = last_reading(engine, owner_id)
    rows = _changes(reading)
    kinds = Counter(row["what"] for row in rows)
    return dg.MaterializeResult(
        metadata={
            "changes": len(rows),
            **{kind.value: kinds[kind.value] for kind in Kind},
            "read at": dg.MetadataValue.timestamp(reading.read_at) if reading else "never",
            "what changed": table(rows),
            "on the desk": dg.MetadataValue.url(f"{desk.url}/changes"),
        },
        data_version=dg.DataVersion(digest(rows)),
    )


def dispensers(
    context: dg.AssetExecutionContext, tally: Tally, engine: Engine, owner_id: int
) -> Iterator[Event]:
    """What became of the places. Raises dg.Failure after that when none could be read."""
    known = dispensers_of(engine, owner_id)
    left_out = [f"location {location}: not asked for any more" for location in tally.not_asked]
    wrong = [*(f"location {location}: {why}" for location, why in tally.problems.items()), *left_out]
    yield _result(
        context,
        list(dispenser_checks(engine, owner_id, wrong)),
        data_version=dg.DataVersion(digest({place: list(map(str, of)) for place, of in known.items()})),
        metadata={
            **tally.counts,
            "dispensers": sum(map(len, known.values())),
            "places": table([{"location": name, "outcome": one.value} for name, one in tally.saved.items()]),
        },
    )
    if tally.unproven:
        raise dg.Failure(tally.unproven, metadata=dict(tally.counts), allow_retries=False)


def nothing_to_do(
    context: dg.AssetExecutionContext, reason: Exception, checks: Iterable[dg.AssetCheckResult]
) -> Iterator[Event]:
    """Why a run did nothing: there is no new materialization."""
    context.log.info("nothing to do: %s", reason)
    context.instance.add_run_tags(context.run.run_id, {IDLE_TAG: context.run.run_id})
    yield from checks


def failed(fault: Exception, checks: Iterable[dg.AssetCheckResult]) -> Iterator[Event]:
    """Why nothing could be read: raises dg.Failure."""
    yield from checks
    raise dg.Failure(str(fault), allow_retries=False) from fault


def order_checks(
    engine: Engine, owner_id: int, problems: Sequence[str] = ()
) -> Iterator[dg.AssetCheckResult]:
    """How the last reading and the owner's account stand; `problems`: why there was no reading."""
    lines = list(problems)
    reading = last_reading(engine, owner_id)
    if reading and not problems:
        lines = [line for line in (reading.problem, reading.doubt) if line]
        if not reading.listed:
            lines.append("the list is empty")
    yield check("complete", _of(owner_id, lines))
    yield _login(engine, owner_id)


def dispenser_checks(
    engine: Engine, owner_id: int, problems: Sequence[str] = ()
) -> Iterator[dg.AssetCheckResult]:
    """What could not be read, and how the owner's account stands."""
    yield check("read", _of(owner_id, problems))
    yield _login(engine, owner_id)


def week_view(found: Sequence[WorkOrder], today: date) -> str:
    """The orders of this week, or of the next one that has work, day by day as a table in Markdown."""
    first = today - timedelta(days=today.weekday())
    coming = [order for order in found if order.day is not None and order.day >= first]
    if not coming:
        return "no work is planned"
    day = min(order.day for order in coming if order.day is not None)
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=number) for number in range(7)]
    columns = [[_cell(order) for order in coming if order.day == day] for day in days]
    lines = [
        "| "
        + " | ".join(f"{name} {day.day} {day:%b}" for name, day in zip(WEEKDAYS, days, strict=True))
        + " |",
        "|" + " --- |" * len(days),
        *("| " + " | ".join(cells) + " |" for cells in zip_longest(*columns, fillvalue="")),
    ]
    return "\n".join(lines)


def _cell(order: WorkOrder) -> str:
    when = f"{order.at:%H:%M} " if order.at else ""
    what = ", ".join(part for part in (order.place.store, order.place.town) if part)
    text = f"{when}W-{order.id} {what}" + (f" ({order.dispensers} dispensers)" if order.dispensers else "")
    return text.replace("|", "\\|")


def _changes(reading: Reading | None) -> list[dict[str, Any]]:
    return [
        {
            "what": change["kind"],
            "order": f"W-{change['external_id']}",
            "store": change["subject"]["store"],
            "town": change["subject"]["town"],
            "from": _day(change["before"]),
            "to": _day(change["after"]),
            "other order": f"W-{change['other_id']}" if change["other_id"] else "",
        }
        for change in (reading.changes if reading else ())
    ]


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _login(engine: Engine, owner_id: int) -> dg.AssetCheckResult:
    state = account_state(engine, owner_id)
    problem = "there is no WorkFossa account" if state is None else state.problem
    return check("login", _of(owner_id, [problem] if problem else []))


def _of(owner_id: int, lines: Iterable[str]) -> list[str]:
    """The check of one owner takes the place of another's: each says whose it is."""
    return [f"owner {owner_id}: {line}" for line in lines]


def _result(
    context: dg.AssetExecutionContext,
    checks: Sequence[dg.AssetCheckResult],
    *,
    metadata: Mapping[str, Any],
    data_version: dg.DataVersion,
) -> Result:
    """The result; a run in which something was left undone is tagged as degraded."""
    if not all(one.passed for one in checks):
        context.instance.add_run_tags(context.run.run_id, {"degraded": "true"})
    return dg.MaterializeResult(check_results=checks, metadata=metadata, data_version=data_version)
