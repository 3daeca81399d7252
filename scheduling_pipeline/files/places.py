"""Where things are: paths rebuilt from the ids of parents, and where a wanted file is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduling_pipeline.files.names import collision_key


@dataclass(frozen=True, slots=True)
class Node:
    """What an item's place follows from. `parent` is None for the drive's root."""

    parent: str | None
    name: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A path below the drive's root ("" is the root); `gone`: the item or a folder above it is deleted."""

    path: str
    gone: bool = False


class Tree:
    """The items of a drive by id, as far as they are known."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes
        self._places: dict[str, Place | None] = {}

    def place(self, item: str) -> Place | None:
        """Where an item is, or was when it was deleted.

        None while a folder above it is not known, or its folders contain one another: so it may look between
        two pages of changes.
        """
        way: dict[str, Node] = {}  # from the item upwards; a loop, since a chain may be of any length
        at: str | None = item
        while at is not None and at not in self._places:
            node = self._nodes.get(at)
            if node is None or at in way:
                self._places.update(dict.fromkeys(way))
                return None
            way[at] = node
            at = node.parent
        above = self._places[at] if at is not None else None
        for id_, node in reversed(way.items()):
            if node.parent is None:
                above = Place("", gone=node.deleted)
            elif above is not None:
                above = Place(
                    f"{above.path}/{node.name}" if above.path else node.name, gone=above.gone or node.deleted
                )
            self._places[id_] = above
        return self._places[item]


class WantedFolders:
    """The configured folders, and where their files are kept below `ingestion_dir`.

    With one folder its content is kept directly, with several each in a directory of the folder's name; where
    two of these would be the same, in one of the folder's whole path. Of folders that contain one another the
    innermost counts. Letter case does not count, as in SharePoint.
    """

    def __init__(self, folders: Sequence[str]) -> None:
        parts = [tuple(part for part in folder.split("/") if part) for folder in folders]
        wanted = {tuple(map(collision_key, folder)): folder for folder in reversed(parts)}
        names = {key[-1:] for key in wanted}
        if len(wanted) == 1:
            kept = dict.fromkeys(wanted, "")
        elif len(names) == len(wanted) and () not in names:
            kept = {key: f"{folder[-1]}/" for key, folder in wanted.items()}
        else:
            kept = {key: "".join(f"{part}/" for part in folder) for key, folder in wanted.items()}
        self._kept = sorted(kept.items(), key=lambda entry: -len(entry[0]))

    def kept_path(self, path: str) -> str | None:
        """Where the file of this drive path is kept; None when it is in no wanted folder."""
        parts = path.split("/")
        for key, directory in self._kept:
            depth = len(key)
            if len(parts) > depth and tuple(map(collision_key, parts[:depth])) == key:
                return directory + "/".join(parts[depth:])
        return None


def kept_path(folders: Sequence[str], path: str) -> str | None:
    """Where the file of a drive path is kept below `ingestion_dir`; None when in none of the folders."""
    return WantedFolders(folders).kept_path(path)
