"""The jobs of the work orders: reading lists, reading dispensers, and looking for what is too old."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from assets.jobs import AssetJob
from assets.metadata import PARTS, check
from assets.work_orders import DISPENSERS_JOB, STEPS, WORK_ORDERS_JOB, owner_key
from resources.clock import Clock
from resources.database import Database
from scheduling_pipeline.work_orders.age import too_old
from scheduling_pipeline.work_orders.schedule import ScheduleType
from scheduling_pipeline.work_orders.schedules import standing

TYPE_TAG = "scheduling/schedule_type"  # Dagster's limit of runs at a time counts runs that have it
AGE_JOB = "check_work_order_age"
AGE = "age"
AGE_CHECKS = [
    dg.AssetCheckSpec(
        AGE, asset=step, description="Every owner's last good reading is as new as their schedule promises."
    )
    for step in STEPS.values()
]


def build_age_check() -> dg.AssetChecksDefinition:
    """Whether what owners have read is as new as it should be."""

    @dg.multi_asset_check(specs=AGE_CHECKS, name="work_order_age")
    def work_order_age(database: Database, clock: Clock) -> Iterator[dg.AssetCheckResult]:
        """Whether each schedule brings what it promises: a silent stop is a fault too."""
        schedules, now = standing(database.engine), clock.now()
        by_id = {one.id: one for one in schedules}
        for schedule_type, step in STEPS.items():
            problems = {
                owner_key(one.owner_id): too_old(one, now, by_id.get(one.waits_for or 0))
                for one in schedules
                if one.type == schedule_type
            }
            lines = [f"{owner}: {problem}" for owner, problem in problems.items() if problem]
            parts: dict[str, dg.MetadataValue[Any]] = {PARTS: dg.MetadataValue.json(problems)}
            result = check(AGE, lines, dg.AssetCheckSeverity.ERROR, **parts)
            yield result._replace(asset_key=dg.AssetKey(step))

    return work_order_age


def build_work_order_jobs() -> Mapping[ScheduleType, AssetJob]:
    """The job of each kind of schedule."""
    age = dg.AssetSelection.checks(*(spec.key for spec in AGE_CHECKS))
    return {
        ScheduleType.WORK_ORDERS: dg.define_asset_job(
            WORK_ORDERS_JOB,
            selection=dg.AssetSelection.assets("work_orders", "work_order_changes") - age,
            tags={TYPE_TAG: ScheduleType.WORK_ORDERS.value},
            description="Read an owner's work orders from WorkFossa and note what changed.",
        ),
        ScheduleType.DISPENSERS: dg.define_asset_job(
            DISPENSERS_JOB,
            selection=dg.AssetSelection.assets("dispensers") - age,
            tags={TYPE_TAG: ScheduleType.DISPENSERS.value},
            description="Read the dispensers of the places where an owner has work.",
        ),
    }


def build_work_order_age_job() -> AssetJob:
    """The job that looks for readings that no longer come."""
    return dg.define_asset_job(
        AGE_JOB,
        selection=dg.AssetSelection.checks(*(spec.key for spec in AGE_CHECKS)),
        description="Look for work orders and dispensers that have not been read for too long.",
    )
