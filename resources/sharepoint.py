"""A SharePoint document library as a Dagster resource: what changed in it, and the bytes of its files.

Who tries again, and what: `graph_client` what is asked of Graph, `sharepoint_download` a download that breaks
off. Above them nothing is sent again, but a file that failed may be tried again as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from http import HTTPStatus
from math import inf
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from dagster import ConfigurableResource
from pydantic import Field

from resources.graph import Graph
from resources.graph_client import GraphClient
from resources.graph_sign_in import SignInError
from resources.graph_wire import Call, GraphError, Reply
from resources.patience import Patience
from resources.sharepoint_download import Downloader
from resources.sharepoint_site import Named, drive_path, find_folder, find_library, find_site, wanted
from resources.sharepoint_wire import SELECT, download, drive_error, page
from scheduling_pipeline.files.model import Download, DriveError, Page, ResyncError

PAGE = 500  # items
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class SharePoint(ConfigurableResource[None]):
    """A document library of a site, and the folders in it whose files are wanted.

    `folders` are written as in "/Shared Documents/Reports": the library, then the folder in it; all of them
    must be in one library.
    """

    graph: Graph = Field(description="The tenant, and the application that may read the site.")
    site_url: str
    folders: list[str]
    downloads: int = Field(default=4, ge=1, description="Files under way at a time.")
    max_bytes: int = Field(default=100_000_000, ge=1, description="Bytes of one file.")

    @contextmanager
    def connect(self, *, within: float = inf) -> Iterator[SharePointDrive]:
        """The library. Nothing is asked of it before it is used; `within`: seconds for a request to Graph."""
        with self.graph.connect(within=within) as client, self.graph.open_http(self.downloads) as http:
            downloader = Downloader(
                http,
                host=urlsplit(self.site_url).netloc,
                max_bytes=self.max_bytes,
                patience=Patience(self.graph.attempts, self.graph.patience),
                pace=client.pace,
            )
            yield SharePointDrive(client, downloader, self.site_url, self.folders)


class SharePointDrive:
    """The `Drive` that a document library is, for any number of threads."""

    def __init__(
        self, client: GraphClient, downloader: Downloader, site_url: str, folders: Sequence[str]
    ) -> None:
        self.client = client
        self._downloader = downloader
        self._site_url = site_url
        self._wanted = folders

    @cached_property
    def library(self) -> Named:
        """The library, looked up once. Raises DriveError."""
        name = wanted(self._wanted).library
        return find_library(self.client, find_site(self.client, self._site_url), name)

    @property
    def id(self) -> str:
        """The drive's id. Raises DriveError."""
        return self.library.id

    @cached_property
    def folders(self) -> Sequence[str]:
        """The wanted folders below the drive's root, looked up once. Raises DriveError."""
        return [find_folder(self.client, self.library, path) for path in wanted(self._wanted).folders]

    def changes(self, link: str | None) -> Page:
        """One page of the changes since a link, or of everything. Raises DriveError, ResyncError."""
        doing = f"the changes in {self.library.name} cannot be read"
        try:
            found = page(self.client.get(link or f"{self._path}/root/delta?$select={SELECT}&$top={PAGE}"))
        except GraphError as error:
            if error.status == HTTPStatus.GONE:
                raise ResyncError(self._trusted(error.location)) from None
            raise drive_error(doing, error) from None
        except SignInError as error:
            raise drive_error(doing, error) from None
        if self._trusted(found.next_link or found.delta_link) is None:  # kept, it would never lead on
            raise DriveError(f"{doing}: a link leads to another host", transient=True)
        return found

    def newest(self, ids: Sequence[str]) -> Mapping[str, Download | DriveError | None]:
        """Each item as it is now: None for one that is gone.

        Raises DriveError when nothing can be asked: without a sign-in, or when all of several are refused.
        """
        calls = [Call("GET", f"{self._path}/items/{quote(item, safe='!')}") for item in ids]
        try:
            replies = self.client.batches(calls)
        except SignInError as error:
            raise drive_error("the files cannot be looked up", error) from None
        refused = [reply for reply in replies if isinstance(reply, GraphError)]
        # Gone, too: where all of several are, more likely it is we who are shut out.
        if len(refused) > 1 and len(refused) == len(replies):
            raise drive_error("the files cannot be looked up", refused[0])
        return {item: _newest(reply) for item, reply in zip(ids, replies, strict=True)}

    def download(self, file: Download, to: BinaryIO) -> int:
        """Write the file's bytes to an empty, seekable `to`; the number of bytes. Raises DriveError."""
        return self._downloader.fetch(file, to)

    @property
    def _path(self) -> str:
        return drive_path(self.id)

    def _trusted(self, link: str | None) -> str | None:
        """The link, if it is one of Graph's own."""
        return link if link and self.client.owns(link) else None


def _newest(reply: Reply) -> Download | DriveError | None:
    if not isinstance(reply, GraphError):
        return download(reply)
    if reply.status in _GONE:
        return None
    return drive_error("the file cannot be looked up", reply)
