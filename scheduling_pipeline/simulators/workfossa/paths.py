"""The site's addresses, without their last slash."""

from __future__ import annotations

import re

HOME, LOGIN = "/", "/login"
DASHBOARD, LIST, ROWS = "/app/dashboard", "/app/work/list", "/app/work/list/rows"
ORDER = re.compile(r"/app/work/(\d+)", re.ASCII)
VISIT = re.compile(r"/app/work/(\d+)/visits/(\d+)", re.ASCII)
CUSTOMER = re.compile(r"/app/customers/(\d+)", re.ASCII)
LOCATION = re.compile(r"/app/customers/locations/(\d+)", re.ASCII)
EQUIPMENT = re.compile(r"/app/customers/locations/(\d+)/equipment", re.ASCII)


def is_equipment(path: str) -> bool:
    return EQUIPMENT.fullmatch(path) is not None


def needs_session(path: str) -> bool:
    return path == "/app" or path.startswith("/app/")
