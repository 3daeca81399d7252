"""What all pages of WorkFossa have in common: how they are parsed, and how a login page is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from lxml import etree

_DATE = re.compile(r"\b(\d{2}/\d{2}/\d{4})\b")


class UnexpectedPageError(Exception):
    """The site answered, but not with the page that was asked for. The message says what is wrong."""


class LoginPageError(UnexpectedPageError):
    """The site shows its login form: there is no session, or it has ended."""

    def __init__(self) -> None:
        super().__init__("WorkFossa asks to log in instead of showing the page")


def parse_page(html: str) -> etree._Element:
    """The page's root element. Raises UnexpectedPageError for a page without any content."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    page: etree._Element | None = etree.fromstring(html.encode("utf-8", "replace"), parser)
    if page is None:
        raise UnexpectedPageError("WorkFossa sent an empty page")
    return page


def is_login_page(page: etree._Element) -> bool:
    """Whether a page asks for a password."""
    return any(field.get("type", "").lower() == "password" for field in page.iter("input"))


def with_class(root: etree._Element, name: str) -> Iterator[etree._Element]:
    """The elements below `root`, itself included, that have a class."""
    return (element for element in root.iter("*") if name in element.get("class", "").split())


def text_of(element: etree._Element) -> str:
    """The element's text: entities decoded, one space for any white space and between its parts, which the
    site may write without any."""
    return " ".join(" ".join(map(str, element.itertext())).split())


def texts_in(root: etree._Element) -> list[tuple[etree._Element, str]]:
    """All elements below `root`, itself included, with their texts."""
    return [(element, text_of(element)) for element in root.iter("*")]


def innermost(
    texts: Iterable[tuple[etree._Element, str]], pattern: re.Pattern[str]
) -> list[tuple[etree._Element, re.Match[str]]]:
    """The elements whose whole text matches a pattern, without those that merely hold another such one."""
    found = [(element, match) for element, text in texts if (match := pattern.fullmatch(text))]
    holders = {holder for element, _ in found for holder in element.iterancestors()}
    return [(element, match) for element, match in found if element not in holders]


def dates_in(text: str) -> list[date]:
    """The dates in a text, written as 03/05/2026. Raises ValueError for one that there is not."""
    return [datetime.strptime(found, "%m/%d/%Y").date() for found in _DATE.findall(text)]  # noqa: DTZ007
