"""Answers that cost nothing while they stay the same: 304 for what a program has already."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Header
from fastapi.responses import Response
from pydantic import BaseModel

IfNoneMatch = Annotated[str | None, Header()]


def unless_known(shown: BaseModel, if_none_match: str | None) -> Response:
    """`shown` as JSON with its ETag; 304 where that is among those that the program named."""
    content = shown.model_dump_json()
    tag = f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
    if if_none_match and tag in {known.strip().removeprefix("W/") for known in if_none_match.split(",")}:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(content, media_type="application/json", headers={"ETag": tag})
