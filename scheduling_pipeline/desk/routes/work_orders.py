"""Somebody's own work orders: a week at a time, those without a day, and by store."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data.scraping import load_schedules
from scheduling_pipeline.desk.data.work_orders import (
    DAYS,
    MOST_FOUND,
    Standing,
    find_orders,
    load_week,
    monday_of,
    orders_between,
    orders_without_day,
)
from scheduling_pipeline.desk.forms import FIRST_DAY, LAST_DAY, Text
from scheduling_pipeline.desk.own_time import own_time
from scheduling_pipeline.desk.pages import render
from scheduling_pipeline.desk.placing import AskedDay
from scheduling_pipeline.desk.problems import RefusedError
from scheduling_pipeline.work_orders.model import Dispenser, Status
from scheduling_pipeline.work_orders.readings import last_reading
from scheduling_pipeline.work_orders.schedule import ScheduleType

router = APIRouter(tags=["work orders"])


class ServiceShown(BaseModel):
    category: str
    code: str
    description: str
    quantity: int


class DispenserShown(BaseModel):
    """`number`: its two sides, as in 1/2; `nozzles`: on each of them."""

    number: str
    grades: list[str]
    maker: str
    model: str | None
    serial: str | None
    stand_alone_code: str | None
    nozzles: int | None
    meter_type: str | None

    @classmethod
    def of(cls, one: Dispenser) -> Self:
        return cls(
            number=one.number,
            grades=list(one.grades),
            maker=one.maker,
            model=one.model,
            serial=one.serial,
            stand_alone_code=one.stand_alone_code,
            nozzles=one.nozzles,
            meter_type=one.meter_type,
        )


class OrderShown(BaseModel):
    """`at` is null for a visit at any time of its day; days and times are those of the place. `dispensers`:
    how many the work is about; `equipment`: what its place has, null where that was not read yet."""

    id: str
    state: str
    status: Status
    site_status: str
    site_name: str
    store: str | None
    town: str
    street: str | None
    day: date | None
    at: time | None
    due: date | None
    visit_url: str | None
    services: list[ServiceShown]
    dispensers: int
    equipment: list[DispenserShown] | None
    instructions: str
    missing_since: datetime | None

    @classmethod
    def of(cls, one: Standing) -> Self:
        order, place = one.order, one.order.place
        return cls(
            id=order.id,
            state=one.state,
            status=order.status,
            site_status=order.site_status,
            site_name=order.site_name,
            store=place.store,
            town=place.town,
            street=place.street,
            day=order.day,
            at=order.at,
            due=order.due,
            visit_url=order.visit.url if order.visit else None,
            services=[
                ServiceShown(
                    category=service.category,
                    code=service.code,
                    description=service.description,
                    quantity=service.quantity,
                )
                for service in order.services
            ],
            dispensers=order.dispensers,
            equipment=(
                [DispenserShown.of(dispenser) for dispenser in one.dispensers]
                if one.equipment_read_at
                else None
            ),
            instructions=order.instructions,
            missing_since=one.missing_since,
        )


class OrdersShown(BaseModel):
    """The orders of some days, and the open ones that have no day."""

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    orders: list[OrderShown]
    without_day: list[OrderShown]


@router.get("/work-orders", response_class=HTMLResponse)
def page(
    request: Request, desk: TheDesk, visitor: SignedIn, week: AskedDay = None, store: Text = ""
) -> HTMLResponse:
    """The week of a day, by default this one; or, where a store is named, its orders on whatever day."""
    own = own_time(desk, visitor.user_id)
    shown = load_week(desk.engine, visitor.user_id, week or own.today)
    return render(
        request,
        "work_orders.html",
        week=shown,
        previous=max(shown.first - timedelta(days=DAYS), monday_of(FIRST_DAY)),
        following=min(shown.first + timedelta(days=DAYS), monday_of(LAST_DAY)),
        this_week=monday_of(own.today),
        own=own,
        words=store,
        found=find_orders(desk.engine, visitor.user_id, store) if store else None,
        most_found=MOST_FOUND,
        reading=last_reading(desk.engine, visitor.user_id),
        trouble=_trouble(desk, visitor.user_id),
    )


@router.get("/api/work-orders")
def list_orders(
    desk: TheDesk,
    visitor: SignedIn,
    first: Annotated[date | None, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY)] = None,
    last: Annotated[date | None, Query(alias="to", ge=FIRST_DAY, le=LAST_DAY)] = None,
) -> OrdersShown:
    """Your orders with a visit on these days, by default from the Monday of this week to the Sunday after
    `from`; 400 where the days end before they begin."""
    begin = first or monday_of(own_time(desk, visitor.user_id).today)
    end = last or monday_of(begin) + timedelta(days=DAYS - 1)
    if end < begin:
        raise RefusedError([f"The days end ({end}) before they begin ({begin})."])
    engine, owner = desk.engine, visitor.user_id
    return OrdersShown(
        first=begin,
        last=end,
        orders=[OrderShown.of(one) for one in orders_between(engine, owner, begin, end)],
        without_day=[OrderShown.of(one) for one in orders_without_day(engine, owner)],
    )


def _trouble(desk: Desk, owner_id: int) -> str:
    """Why the list may not be as it should, in words; empty when nothing is wrong."""
    found = load_schedules(desk.engine, owner_id, desk.now())
    return next((one.trouble for one in found if one.schedule.type == ScheduleType.WORK_ORDERS), "")
