"""Reading the dispensers of places with a real browser: all of a place, as long as there is a site."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import stamina

from resources.tab import BrowserGoneError, SiteDown
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.workfossa import FixedOrders
from scheduling_pipeline.work_orders.equipment import Equipment
from scheduling_pipeline.work_orders.history import Phase
from tests.resources.fossa_reading import (
    ACCOUNT,
    Told,
    asked,
    forbidden,
    logins,
    read_equipment,
    resource,
)
from tests.simulators.fossa_client import DISPENSERS, EQUIPMENT, FossaSite, order, served, store

pytestmark = pytest.mark.browser

BARE = "51002"
PLACES = ["51001", BARE, *(str(51_003 + n) for n in range(6))]


@pytest.fixture(autouse=True, scope="module")
def _no_waiting_between_tries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FossaSite]:
    places = [
        store(id=int(place), dispensers=() if place == BARE else DISPENSERS[: 1 + number % 2])
        for number, place in enumerate(PLACES)
    ]
    source = FixedOrders(order(number, location=place) for number, place in enumerate(places, 1))
    with served(tmp_path, source) as running:
        yield running


def opened(site: FossaSite, place: str) -> int:
    return len(asked(site, f"/app/customers/locations/{place}"))


def end_the_browser() -> None:
    """End the Chromium that this process started; whatever else runs on the machine is left alone."""
    for process in psutil.Process(os.getpid()).children(recursive=True):
        if "chrom" in process.name() or "headless_shell" in process.name():
            process.kill()


@pytest.mark.parametrize("modal", ["always", "never"])
def test_dispensers_behind_a_tab_a_modal_and_a_heading(site: FossaSite, modal: str) -> None:
    site.settings.modal = modal
    kept = read_equipment(site, ["51003", "51001", BARE])
    assert kept.ended.read == ("51003", "51001", BARE)
    assert kept.ended.problems == {}
    assert [len(equipment.dispensers) for equipment in kept.equipment.values()] == [1, 1, 0]
    assert all(equipment.complete for equipment in kept.equipment.values())
    (first,) = kept.equipment["51001"].dispensers
    assert (first.number, first.grades, first.serial) == (
        "1/2",
        ("Regular", "Plus", "Diesel"),
        "AB00012345",
    )
    assert kept.told.messages[1:] == ["location 1 of 3", "location 2 of 3", "location 3 of 3"]
    assert kept.told.found == [None, 0, 1, 2]
    assert logins(site) == 1
    assert forbidden(site) == []


def test_a_place_without_dispensers_has_none_and_none_are_made_up(site: FossaSite) -> None:
    site.arm("no_dispensers", EQUIPMENT)
    kept = read_equipment(site, ["51001"])
    assert kept.equipment == {"51001": Equipment((), 0)}


def test_places_that_cannot_be_read_take_no_other_down(site: FossaSite) -> None:
    site.settings.loading_seconds = 0.3
    lost, passing, broken, unknown, late, empty = "51004", "51006", "51003", "999", "51001", "51008"
    site.control.arm(Fault("lost_dispensers", f"{lost}/equipment", times=None))
    site.control.arm(Fault("lost_dispensers", f"{passing}/equipment", times=1))
    site.control.arm(Fault("http", f"locations/{broken}$", times=None, params={"status": 500}))
    site.control.arm(Fault("endless_loader", f"{late}/equipment", times=1))
    site.control.arm(Fault("http", f"{empty}/equipment", times=None, params={"status": 500}))
    places = [lost, unknown, passing, broken, late, empty]
    kept = read_equipment(site, places, page_timeout=1.5, location_attempts=2)
    assert kept.ended.read == (passing, late) == tuple(kept.equipment)
    assert kept.ended.problems == {
        lost: "1 dispensers were shown of 2",
        unknown: "could not open the location: HTTP 404",
        broken: "could not open the location: HTTP 500",
        empty: "could not see the location's equipment: HTTP 500",
    }
    assert kept.ended.not_asked == ()
    assert [opened(site, place) for place in places] == [2, 1, 2, 2, 2, 2]


@pytest.mark.parametrize(
    ("path", "status", "text", "problem"),
    [
        ("/equipment", 500, '<div class="fragment"><p>Something went wrong.</p></div>', "HTTP 500"),
        ("$", 200, '<a href="#">Equipment</a>', "nothing was loaded"),
    ],
    ids=["the page says that it failed", "the tab does nothing"],
)
def test_a_place_whose_equipment_was_not_loaded_is_not_one_without_any(
    site: FossaSite, path: str, status: int, text: str, problem: str
) -> None:
    params = {"status": status, "text": text}
    site.control.arm(Fault("http", f"locations/51001{path}", times=None, params=params))
    kept = read_equipment(site, ["51001", BARE], location_attempts=1)
    assert kept.ended.problems == {"51001": f"could not see the location's equipment: {problem}"}
    assert kept.equipment == {BARE: Equipment((), 0)}


def test_a_session_that_ends_costs_one_login_and_then_the_rest(site: FossaSite) -> None:
    site.arm("expired_session", "locations/51003$")
    kept = read_equipment(site, ["51001", "51003"])
    assert (len(kept.ended.read), logins(site)) == (2, 2)

    site.control.arm(Fault("login_page", "locations/51004/equipment", times=None))
    kept = read_equipment(site, ["51001", "51004", "51003"])
    assert kept.ended.read == ("51001",)
    assert kept.ended.problems == {"51004": "WorkFossa asks to log in instead of showing the page"}
    assert kept.ended.not_asked == ("51003",)
    assert logins(site) == 4


def test_a_site_in_trouble_for_long_is_spared_the_rest(site: FossaSite) -> None:
    site.control.arm(Fault("http", "/app/customers/locations", times=None, params={"status": 503}))
    kept = read_equipment(site, PLACES, location_attempts=1)
    assert kept.ended.read == ()
    assert list(kept.ended.problems) == PLACES[:5]
    assert kept.ended.not_asked == tuple(PLACES[5:])


def test_a_browser_that_ends_is_not_tried_again(site: FossaSite) -> None:
    kept: list[str] = []

    def keep(location: str, _equipment: Equipment) -> None:
        kept.append(location)
        end_the_browser()

    read = resource(site).read_equipment(ACCOUNT, ["51001", "51003", "51004"], keep=keep, progress=Told())
    assert read.read == tuple(kept) == ("51001",)
    assert read.problems == {"51003": "could not open the location: the browser has ended"}
    assert read.not_asked == ("51004",)
    assert opened(site, "51003") == 0


def test_a_browser_that_ends_before_anything_was_read_is_a_failure(site: FossaSite) -> None:
    class Ending(Told):
        def __call__(self, phase: Phase, **values: Any) -> None:  # noqa: ANN401 - as they come
            super().__call__(phase, **values)
            if phase is Phase.SCRAPING:
                end_the_browser()

    with pytest.raises(BrowserGoneError, match="could not open the location: the browser has ended"):
        resource(site).read_equipment(
            ACCOUNT, ["51001"], keep=lambda *_: pytest.fail("nothing was read"), progress=Ending()
        )


def test_a_site_that_goes_away_is_down(site: FossaSite) -> None:
    site.control.arm(Fault("http", times=None, params={"status": 503}))
    with pytest.raises(SiteDown, match="WorkFossa is down"):
        read_equipment(site, ["51001"])
