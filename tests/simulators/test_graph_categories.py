"""A mailbox's colour categories."""

from __future__ import annotations

import httpx
import pytest

from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import ADA, BRUNO, refusal

CATEGORIES = f"/users/{ADA}/outlook/masterCategories"


def test_categories_are_made_recoloured_and_removed(graph: httpx.Client) -> None:
    made = graph.post(CATEGORIES, json={"displayName": "Private", "color": "preset5"})
    assert made.status_code == 201
    address = f"{CATEGORIES}/{made.json()['id']}"
    changed = graph.patch(address, json={"color": "Preset24"}).json()
    assert (changed["displayName"], changed["color"]) == ("Private", "preset24")
    assert graph.get(address).json() == changed
    [listed] = graph.get(CATEGORIES).json()["value"]
    assert listed["color"] == "preset24"
    assert graph.get(f"/users/{BRUNO}/outlook/masterCategories").json()["value"] == []
    assert graph.delete(address).status_code == 204
    assert refusal(graph.delete(address)) == (404, "ErrorItemNotFound")


def test_a_name_exists_once_in_any_letter_case(graph: httpx.Client) -> None:
    assert graph.post(CATEGORIES, json={"displayName": "Private"}).json()["color"] == "none"
    assert graph.post(CATEGORIES, json={"displayName": "PRIVATE"}).status_code == 409
    assert len(graph.get(CATEGORIES).json()["value"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"color": "preset1"}, "ErrorPropertyValidationFailure"),
        ({"displayName": "x", "color": "preset25"}, "UnableToDeserializePostBody"),
        ({"displayName": "x", "colour": "preset1"}, "RequestBodyRead"),
    ],
)
def test_wrong_categories_are_refused(graph: httpx.Client, body: dict[str, str], code: str) -> None:
    assert refusal(graph.post(CATEGORIES, json=body)) == (400, code)


def test_a_category_keeps_its_name(graph: httpx.Client) -> None:
    address = f"{CATEGORIES}/{graph.post(CATEGORIES, json={'displayName': 'Private'}).json()['id']}"
    assert refusal(graph.patch(address, json={"displayName": "Public"}))[0] == 400


def test_categories_need_a_permission_of_their_own(simulators: Simulators, graph: httpx.Client) -> None:
    simulators.graph.settings.roles -= {"MailboxSettings.ReadWrite"}
    assert refusal(graph.get(CATEGORIES)) == (403, "ErrorAccessDenied")
    simulators.graph.settings.roles |= {"MailboxSettings.Read"}
    assert graph.get(CATEGORIES).status_code == 200
    assert refusal(graph.post(CATEGORIES, json={"displayName": "x"})) == (403, "ErrorAccessDenied")
