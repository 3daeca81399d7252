"""Buildings and their rooms: those that the file of rooms lists, and those where courses meet besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select

from scheduling_pipeline.courses.feeds import Feed, Values
from scheduling_pipeline.database.courses import Building, MeetingTimeRoom, Room
from scheduling_pipeline.database.settle import Count, remove, settle

RoomName = tuple[str, str]
"""A building, by its abbreviation or its name, and a room's number."""


def settle_rooms(
    connection: Connection, feed: Feed[RoomName, Values], used: Iterable[RoomName]
) -> tuple[dict[RoomName, int], Mapping[str, Count]]:
    """Bring the rooms that the file lists and those that are `used` into the tables.

    Returns the ids of the used rooms, by the names that they are used under.
    """
    used = set(used)
    listed: dict[str, str | None] = {}
    for (building, _), values in feed.rows.items():
        listed[building] = listed.get(building) or values["name"]
    buildings = {
        row["abbreviation"]: row for row in connection.execute(select(Building.__table__)).mappings()
    }
    spelled = _spellings({abbreviation: row["name"] for abbreviation, row in buildings.items()} | listed)
    found = {name: (spelled.get(name[0].casefold(), name[0]), name[1]) for name in used}
    new = {building for building, _ in found.values()} - buildings.keys() - listed.keys()
    building_ids, of_buildings = settle(
        connection,
        Building,
        buildings,
        {
            building: {"abbreviation": building, "name": name}
            for building, name in (listed | dict.fromkeys(sorted(new))).items()
        },
    )
    query = select(Room.__table__, Building.abbreviation).join(Building, Building.id == Room.building_id)
    rooms = {(row["abbreviation"], row["number"]): row for row in connection.execute(query).mappings()}
    floors = {name: values["floor"] for name, values in feed.rows.items()}
    floors |= dict.fromkeys(sorted(set(found.values()) - rooms.keys() - floors.keys()))
    room_ids, of_rooms = settle(
        connection,
        Room,
        rooms,
        {
            (building, number): {"building_id": building_ids[building], "number": number, "floor": floor}
            for (building, number), floor in floors.items()
        },
    )
    counts = {"buildings": of_buildings, "rooms": of_rooms}
    return {name: room_ids[place] for name, place in found.items()}, counts


def drop_unused_rooms(connection: Connection, feed: Feed[RoomName, Values]) -> Mapping[str, Count]:
    """Remove the rooms that are neither listed nor used any more, and buildings without a room."""
    if not feed.stands:
        return {}
    unused = (
        select(Room.id, Building.abbreviation, Room.number)
        .join(Building, Building.id == Room.building_id)
        .where(Room.id.not_in(select(MeetingTimeRoom.room_id)))
    )
    rooms = [row.id for row in connection.execute(unused) if (row.abbreviation, row.number) not in feed.rows]
    removed = remove(connection, Room, rooms)
    empty = connection.scalars(select(Building.id).where(Building.id.not_in(select(Room.building_id))))
    return {"rooms": removed, "buildings": remove(connection, Building, empty.all())}


def _spellings(names: Mapping[str, str | None]) -> Mapping[str, str]:
    """Abbreviations by what a building is called, in any letter case; an abbreviation goes before a name."""
    by_name = {name.casefold(): abbreviation for abbreviation, name in names.items() if name}
    return by_name | {abbreviation.casefold(): abbreviation for abbreviation in names}
