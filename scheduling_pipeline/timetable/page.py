"""What all pages of the booking site have in common: how they are parsed, and how a login page is known."""

from __future__ import annotations

from lxml import etree


class UnexpectedPageError(Exception):
    """The site answered, but not with the page that was asked for. The message says what is wrong."""


class LoginPageError(UnexpectedPageError):
    """The site shows its login form: there is no session, or it has expired."""

    def __init__(self) -> None:
        super().__init__("the booking site asks to log in instead of showing the page")


def parse_page(html: str) -> etree._Element:
    """The page's root element. Raises UnexpectedPageError for a page without any content."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    page: etree._Element | None = etree.fromstring(html.encode("utf-8", "replace"), parser)
    if page is None:
        raise UnexpectedPageError("the booking site sent an empty page")
    return page


def refuse_login_page(page: etree._Element) -> None:
    """Raise LoginPageError if the page asks for a password. For a page that lacks what it should have."""
    if any(field.get("type", "").lower() == "password" for field in page.iter("input")):
        raise LoginPageError


def text_of(element: etree._Element) -> str:
    """The element's text as a person sees it: entities decoded, any run of white space as one space."""
    return " ".join("".join(map(str, element.itertext())).split())
