"""A drive whose pages are written down, by the link that leads to each; it notes what it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from scheduling_pipeline.files.model import Download, DriveError, DriveItem, Page

ROOT = DriveItem("root", "root", folder=True)


def file(name: str, *, deleted: bool = False) -> DriveItem:
    """A file of one byte in the root, whose id is its name."""
    return DriveItem(name, name, "root", etag="1", size=1, deleted=deleted)


@dataclass
class PageDrive:
    """Only its listing can be read."""

    pages: dict[str | None, Page | Exception]
    id: str = "drive"
    folders: Sequence[str] = ("",)
    asked: list[str | None] = field(default_factory=list)

    def changes(self, link: str | None) -> Page:
        self.asked.append(link)
        page = self.pages[link]
        if isinstance(page, Exception):
            raise page
        return page

    def newest(self, ids: Sequence[str]) -> Mapping[str, Download | DriveError | None]:
        raise NotImplementedError

    def download(self, file: Download, to: BinaryIO) -> int:
        raise NotImplementedError
