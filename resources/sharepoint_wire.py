"""What Graph says about the items of a drive, in the flow's own words.

An answer that is not as documented is a DriveError, never an empty page: what is missing from a listing would
count as deleted.
"""

from __future__ import annotations

from http import HTTPStatus

from pydantic import AwareDatetime, BaseModel, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from resources.graph_check import WHERE_TO_GRANT
from resources.graph_sign_in import SignInError
from resources.graph_wire import NO_ANSWER, GraphError, Json
from scheduling_pipeline.files.model import Download, DriveError, DriveItem, Page

GRANT = f"grant Sites.Read.All, or Sites.Selected and then this site, {WHERE_TO_GRANT}"
# With `deleted`: a facet that is not asked for is left out, and the item would look alive.
SELECT = (
    "id,name,parentReference,root,folder,file,package,deleted,"
    "eTag,cTag,size,lastModifiedDateTime,lastModifiedBy"
)
# A token that was refused twice and a limit that was reached say nothing about the file that was asked for,
# and a file that somebody has locked is unlocked some day.
_TRANSIENT = frozenset(
    {
        NO_ANSWER,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.LOCKED,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)


class _Wire(BaseModel, alias_generator=to_camel):
    """JSON with camel-case names: what is used of it."""

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {name: part for name, part in value.items() if part is not None}


class _Identity(_Wire):
    display_name: str = ""
    email: str = ""


class _Identities(_Wire):
    user: _Identity = _Identity()
    application: _Identity = _Identity()
    device: _Identity = _Identity()


class _Hashes(_Wire):
    quick_xor_hash: str | None = None


class _File(_Wire):
    hashes: _Hashes = _Hashes()


class _Parent(_Wire):
    id: str | None = None


class _Item(_Wire):
    """A driveItem. A facet says what it is by being there; it may be empty."""

    id: str = Field(min_length=1)
    name: str = ""
    parent_reference: _Parent = _Parent()
    root: Json | None = None
    folder: Json | None = None
    file: _File | None = None
    package: Json | None = None
    deleted: Json | None = None
    e_tag: str = ""
    c_tag: str | None = None
    size: int = Field(default=0, ge=0)
    last_modified_date_time: AwareDatetime | None = None
    last_modified_by: _Identities = _Identities()
    download_url: str = Field(default="", alias="@microsoft.graph.downloadUrl")

    @model_validator(mode="before")
    @classmethod
    def _only_a_deleted_ones_id_counts(cls, value: object) -> object:
        if not isinstance(value, dict) or value.get("deleted") is None:
            return value
        return {"id": value.get("id"), "deleted": {}}

    @model_validator(mode="after")
    def _has_its_place(self) -> _Item:
        if self.deleted is None and self.root is None and not (self.name and self.parent_reference.id):
            raise ValueError("an item needs a name and a parent")
        return self


class _Page(_Wire):
    value: list[_Item]
    next_link: str | None = Field(default=None, alias="@odata.nextLink")
    delta_link: str | None = Field(default=None, alias="@odata.deltaLink")

    @model_validator(mode="after")
    def _leads_on(self) -> _Page:
        if self.next_link is None and self.delta_link is None:
            raise ValueError("a page needs a link")
        return self


def page(body: Json) -> Page:
    """A page of changes. Raises DriveError.

    A notebook has no bytes of its own, a shortcut leads to another drive: neither is an item here.
    """
    try:
        read = _Page.model_validate(body)
    except ValidationError as error:
        raise _unreadable("a page of changes", error) from None
    found = [_drive_item(item) for item in read.value]
    link = None if read.next_link else read.delta_link
    return Page([item for item in found if item is not None], read.next_link, link)


def download(body: Json) -> Download | DriveError | None:
    """A file's newest version; None if it is deleted."""
    try:
        read = _Item.model_validate(body)
    except ValidationError as error:
        return _unreadable("an item", error)
    item = _drive_item(read)
    if item is not None and item.deleted:
        return None
    if item is None or item.folder:
        return DriveError(f"{read.name!r} is no file that could be downloaded", transient=False)
    if not read.download_url:
        return DriveError(f"SharePoint gives no address to download {read.name!r} from", transient=True)
    return Download(item, read.download_url)


def drive_error(doing: str, error: GraphError | SignInError) -> DriveError:
    """What Graph refused, as a sentence that begins with what was wanted and ends with what to do."""
    if isinstance(error, SignInError):  # nothing was asked for yet, so nothing is wrong with any file
        return DriveError(f"{doing}: {error}", transient=True)
    transient = error.status in _TRANSIENT or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    said = str(error).removesuffix(".")
    advice = f"; {GRANT}" if error.status == HTTPStatus.FORBIDDEN else ""
    return DriveError(f"{doing}: {said}{advice}", transient=transient)


def _drive_item(item: _Item) -> DriveItem | None:
    if item.deleted is not None:
        return DriveItem(item.id, deleted=True)
    if item.package is not None or (item.file is None and item.folder is None and item.root is None):
        return None
    who = item.last_modified_by
    names = [identity.display_name or identity.email for identity in (who.user, who.application, who.device)]
    return DriveItem(
        id=item.id,
        name=item.name,
        parent_id=None if item.root is not None else item.parent_reference.id,
        folder=item.file is None,
        etag=item.e_tag,
        ctag=item.c_tag,
        size=item.size,
        quick_xor=item.file.hashes.quick_xor_hash if item.file else None,
        modified_at=item.last_modified_date_time,
        modified_by=next(filter(None, names), ""),
    )


def _unreadable(what: str, error: ValidationError) -> DriveError:
    """Where an answer is not as documented; not what it says there, which may be a download address."""
    (first, *_) = error.errors(include_input=False, include_url=False, include_context=False)
    place = ".".join(str(part) for part in first["loc"])
    return DriveError(f"Graph's answer is not {what}: {place}: {first['msg']}", transient=True)
