"""Whatever somebody enters into a form of the desk: it is done or refused, and the desk never fails."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml.html import FormElement, fromstring

from tests.desk import scene
from tests.desk.people import Person

EXAMPLES = 20
PAGES = (
    "/",
    f"/auto-schedule/review?run_id={scene.WAITING}",
    f"/auto-schedule/review?run_id={scene.SUBMITTED}",
    f"/auto-schedule/rows/{scene.PROPOSED}",
    "/rotations",
    "/exceptions",
    "/employees/US100001",
    "/holidays",
    "/held",
    "/users",
    "/scrape-schedules",
    "/scrape-schedules/1",
    "/scrape-schedules/new",
    "/scrape-history",
    "/account",
)
LEFT_ALONE = ("/sign-out", "/exceptions", "/audit")
ENTERED = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.dates().map(str),
    st.times().map(str),
    st.integers().map(str),
    st.sampled_from(("", "US100005", "2026-03-06", "09:45", "x" * 600)),
)


@st.composite
def filled_in(draw: st.DrawFn, forms: list[FormElement]) -> tuple[str, dict[str, str]]:
    """One of the forms: where it is sent, and with what."""
    form = draw(st.sampled_from(forms))
    fields = {}
    for name in sorted(set(form.fields) - {"csrf_token"}):
        shown = form.fields[name]
        value = draw(st.one_of(st.none(), st.just(shown if isinstance(shown, str) else ""), ENTERED))
        if value is not None:
            fields[name] = value
    return form.action, fields


@pytest.mark.parametrize("page", PAGES)
def test_any_form_is_done_or_refused(admin: Person, page: str) -> None:
    found = fromstring(admin.look(page).text).iter("form")
    forms = [form for form in found if isinstance(form, FormElement) and form.action not in LEFT_ALONE]

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(filled_in(forms))
    def answered(sent: tuple[str, dict[str, str]]) -> None:
        address, fields = sent
        assert admin.send(address, fields).status_code < HTTPStatus.INTERNAL_SERVER_ERROR

    answered()
