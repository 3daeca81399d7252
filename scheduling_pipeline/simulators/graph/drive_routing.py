"""Which calls to sites and drives there are, what permission they need and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scheduling_pipeline.simulators.graph.drive_addresses import (
    DriveAddress,
    ItemAddress,
    SiteAddress,
    read_address,
)
from scheduling_pipeline.simulators.graph.drive_calls import DriveCalls
from scheduling_pipeline.simulators.graph.drive_delta import Delta, given_token
from scheduling_pipeline.simulators.graph.errors import not_simulated
from scheduling_pipeline.simulators.graph.wire import Call, Reply

_SITES = frozenset({"Sites.Read.All", "Sites.ReadWrite.All", "Sites.FullControl.All"})
_FILES = _SITES | {"Files.Read.All", "Files.ReadWrite.All"}

# Resource units, SharePoint's price of a call. A download is paid for where the bytes are.
_NOTHING, _SINGLE, _MANY = 0, 1, 2


@dataclass(frozen=True, slots=True)
class DriveRoute:
    """A call to sites and drives. `roles`: any of these application permissions will do."""

    answer: Callable[[Call], Reply]
    roles: frozenset[str]
    units: int


@dataclass(frozen=True)
class DriveRouter:
    """Finds the route of a call whose address begins with `sites` or `drives`."""

    calls: DriveCalls
    delta: Delta

    def route(self, call: Call, segments: list[str]) -> DriveRoute:
        """The route, or Graph's refusal of an address that leads nowhere."""
        if call.write:
            raise not_simulated("changes of sites and drives")
        match read_address(segments, call.base):
            case SiteAddress(""):
                return DriveRoute(self.calls.site, _SITES, _SINGLE)
            case SiteAddress("drives"):
                return DriveRoute(self.calls.list_drives, _FILES, _MANY)
            case DriveAddress(library):
                return DriveRoute(lambda asked: self.calls.get_drive(asked, library), _FILES, _SINGLE)
            case ItemAddress() as item:
                return self._item(call, item)
        raise not_simulated(f"/{segments[-1]} of a site")

    def _item(self, call: Call, item: ItemAddress) -> DriveRoute:
        answers = {
            "": (self.calls.get_item, _SINGLE),
            "children": (self.calls.children, _MANY),
            "content": (self.calls.content, _NOTHING),
            "delta": (self.delta.page, _MANY if given_token(call, item) is None else _SINGLE),
        }
        if item.part not in answers:
            raise not_simulated(f"/{item.part} of an item")
        answer, units = answers[item.part]
        return DriveRoute(lambda asked: answer(asked, item), _FILES, units)
