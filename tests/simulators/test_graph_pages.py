"""The pages on which a person sees the result."""

from __future__ import annotations

import httpx
import lxml.html
import pytest

from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import ADA, BRUNO, CLARA, create, lesson, weekly


@pytest.fixture
def origin(simulators: Simulators) -> str:
    return simulators.graph_url.removesuffix("/v1.0")


def _text(answer: httpx.Response) -> str:
    assert answer.status_code == 200
    return _words(lxml.html.fromstring(answer.text))


def _words(element: lxml.html.HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def test_the_mailboxes_with_what_they_hold(origin: str, web: httpx.Client, graph: httpx.Client) -> None:
    create(graph, lesson())
    create(graph, lesson(recurrence=weekly("monday")))
    page = lxml.html.fromstring(web.get(origin + "/").text)
    rows = [_words(row) for row in page.iterfind(".//tbody/tr")]
    assert rows == [f"Ada Frey {ADA} 1 1", f"Bruno Lang {BRUNO} 0 0", f"Clara Meier {CLARA} no mailbox"]
    assert [link.get("href") for link in page.iterfind(".//tbody//a")] == [
        f"/mailboxes/{ADA}",
        f"/mailboxes/{BRUNO}",
    ]


def test_a_week_of_a_mailbox(origin: str, web: httpx.Client, graph: httpx.Client) -> None:
    colour = {"displayName": "PRV - Private", "color": "preset0"}
    graph.post(f"/users/{ADA}/outlook/masterCategories", json=colour)
    series = lesson("<Teaching>", "2026-03-23T08:00:00", "2026-03-23T10:00:00")
    create(graph, series | {"recurrence": weekly("monday", "friday", start="2026-03-23")})
    create(
        graph,
        lesson("Private: Oboe", "2026-04-01T09:30:00", "2026-04-01T10:15:00", categories=["PRV - Private"]),
    )
    create(graph, lesson("Holiday", "2026-04-02T00:00:00", "2026-04-03T00:00:00", isAllDay=True))
    answer = web.get(f"{origin}/mailboxes/{ADA}?week=2026-04-02")
    text = _text(answer)
    assert "30 March to 5 April 2026" in text
    assert "times in Europe/Zurich (UTC+0200)" in text
    assert text.count("<Teaching> 08:00-10:00") == 2
    assert "Private: Oboe 09:30-10:15 PRV - Private" in text
    assert "Thursday 2 Apr Holiday" in text
    blocks = lxml.html.fromstring(answer.text).iterfind(".//div[@class='block']")
    assert ["#e7515a" in block.get("style", "") for block in blocks] == [False, True, False]


def test_other_zones_and_wrong_addresses(origin: str, web: httpx.Client, graph: httpx.Client) -> None:
    create(graph, lesson(start="2026-03-10T10:00:00"))
    assert "Lesson 04:00" not in _text(web.get(f"{origin}/mailboxes/{ADA}?week=2026-03-10"))
    assert "Lesson 05:00" in _text(web.get(f"{origin}/mailboxes/{ADA}?week=2026-03-10&zone=America/New_York"))
    assert web.get(f"{origin}/mailboxes/{ADA}?week=soon").status_code == 400
    assert web.get(f"{origin}/mailboxes/{ADA}?zone=Nowhere").status_code == 400
    assert web.get(f"{origin}/mailboxes/{CLARA}").status_code == 404
    assert web.get(f"{origin}/mailboxes/nobody@school.example").status_code == 404
