"""The review of a proposal: what it brings about, what speaks against it, and its weeks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data.explanations import explain
from scheduling_pipeline.desk.data.proposal import find_run, load_proposal, load_section, named_run
from scheduling_pipeline.desk.data.submission import load_progress
from scheduling_pipeline.desk.data.week import load_people, load_week
from scheduling_pipeline.desk.etags import IfNoneMatch, unless_known
from scheduling_pipeline.desk.forms import Number
from scheduling_pipeline.desk.pages import render
from scheduling_pipeline.desk.placing import AskedDay
from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.desk.routes.shown import EntryShown, RowShown
from scheduling_pipeline.roster.audit import verify
from scheduling_pipeline.roster.findings import Severity
from scheduling_pipeline.roster.rows import Kind

router = APIRouter(tags=["review"])
View = Literal["days", "people"]
RunId = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


HEADINGS = {  # in the order of the page
    Kind.FAILED: "Without a place",
    Kind.MOVED: "Swaps and moves",
    Kind.DROPPED: "Taken off",
    Kind.UNCHANGED: "Held where they are, by hand",
    Kind.NEW: "Newly placed",
}


class SwapShown(BaseModel):
    """`moved`: events that give up their places, for the sake of `event`; null where they could not stay
    anyway."""

    event: RowShown | None
    moved: list[RowShown]


class PendingShown(BaseModel):
    """A proposal, with one page of each of its lists, and one week. `revision`: what an approval has to name.
    `run_id` is null where none waits."""

    run_id: int | None = None
    revision: str | None = None
    status: str | None = None
    counts: dict[Kind, int] = Field(default_factory=dict)
    page: int = 1
    pages: int = 1
    newly_scheduled: list[RowShown] = Field(default_factory=list)
    swaps: list[SwapShown] = Field(default_factory=list)
    taken_off: list[RowShown] = Field(default_factory=list)
    unchanged: list[RowShown] = Field(default_factory=list)
    failed: list[RowShown] = Field(default_factory=list)
    week: date | None = None
    weeks: dict[date, int] = Field(default_factory=dict)
    daily_preview: dict[date, list[EntryShown]] = Field(default_factory=dict)


@router.get("/auto-schedule/review", response_class=HTMLResponse)
def page(
    request: Request,
    desk: TheDesk,
    run_id: RunId = None,
    week: AskedDay = None,
    view: View = "days",
    page: PageNumber = 1,
) -> HTMLResponse:
    """A run to review, by default the proposal that waits for an approval, with one of its weeks.

    `page` is of the people of that week. The lists of its rows are pages of their own, that this one shows.
    """
    return show_review(request, desk, run_id, week=week, view=view, page=page)


@router.get("/auto-schedule/runs/{run_id}/verification", response_class=HTMLResponse)
def verification(request: Request, desk: TheDesk, run_id: Number) -> HTMLResponse:
    """What speaks against a proposal as it is now."""
    with desk.engine.connect() as connection:
        run = named_run(connection, run_id)
    findings = verify(desk.engine, run_id, desk.options.roster, desk.now())
    critical = sum(finding.severity is Severity.CRITICAL for finding in findings)
    return render(request, "review_verification.html", run=run, findings=findings, critical=critical)


@router.get("/auto-schedule/runs/{run_id}/rows/{section}", response_class=HTMLResponse)
def rows(
    request: Request, desk: TheDesk, run_id: Number, section: Kind, page: PageNumber = 1
) -> HTMLResponse:
    """One page of a run's rows of a kind."""
    with desk.engine.connect() as connection:
        run = named_run(connection, run_id)
        found = load_section(connection, run_id, section, desk.options.roster, page)
        return render(
            request,
            "review_section.html",
            proposal=load_proposal(connection, run),
            run=run,
            section=found,
            explained=explain(connection, found.rows if section is Kind.FAILED else []),
            headings=HEADINGS,
        )


@router.get(
    "/api/auto-schedule/pending",
    response_model=PendingShown,
    responses={304: {"model": None}, 404: {}},
)
def get_pending(
    desk: TheDesk,
    run_id: RunId = None,
    week: AskedDay = None,
    page: PageNumber = 1,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A run by its sections, by default the proposal that waits; `page` is of each list, 100 rows long.
    `daily_preview` is of the week of a day, by default the first one that the run is about. 304 where nothing
    has changed since the answer with that ETag."""
    return unless_known(_pending(desk, run_id, week, page), if_none_match)


def _pending(desk: Desk, run_id: int | None, week: date | None, page: int) -> PendingShown:
    settings = desk.options.roster
    with desk.engine.connect() as connection:
        run = find_run(connection, run_id)
        if run is None:
            return PendingShown()
        proposal = load_proposal(connection, run)
        lists = {kind: load_section(connection, run["id"], kind, settings, page) for kind in Kind}
        days = load_week(connection, run["id"], settings, wanted=week, today=desk.today())

    def rows(kind: Kind) -> list[RowShown]:
        return [RowShown.of(row) for row in lists[kind].rows]

    return PendingShown(
        run_id=run["id"],
        revision=run["revision"],
        status=run["status"],
        counts=dict(proposal.counts),
        page=page,
        pages=max(one.pages for one in lists.values()),
        newly_scheduled=rows(Kind.NEW),
        swaps=[
            SwapShown(
                event=RowShown.of(swap.taker) if swap.taker else None,
                moved=[RowShown.of(row) for row in swap.moved],
            )
            for swap in lists[Kind.MOVED].swaps
        ],
        taken_off=rows(Kind.DROPPED),
        unchanged=rows(Kind.UNCHANGED),
        failed=rows(Kind.FAILED),
        week=days.first,
        weeks=dict(days.weeks),
        daily_preview={day: [EntryShown.of(entry) for entry in found] for day, found in days.entries.items()},
    )


def show_review(
    request: Request,
    desk: Desk,
    run_id: int | None,
    *,
    week: date | None = None,
    view: View = "days",
    page: int = 1,
    problem: Problem | None = None,
) -> HTMLResponse:
    """The page of a run; with a problem, what could not be done about it."""
    settings = desk.options.roster
    with desk.engine.connect() as connection:
        run = find_run(connection, run_id)
        if run is None:
            return render(request, "review_none.html")
        proposal = load_proposal(connection, run)
        days = load_week(connection, run["id"], settings, wanted=week, today=desk.today())
        people, pages = load_people(connection, days, settings, page) if view == "people" else ([], 1)
    return render(
        request,
        "review.html",
        status=problem.status if problem else 200,
        problems=[problem.message] if problem else [],
        proposal=proposal,
        run=run,
        counts=proposal.counts,
        headings=HEADINGS,
        proof=proof_of(run["objective"]),
        progress=load_progress(desk.engine, run["id"], desk.zone) if run["approved_at"] else None,
        week=days,
        view=view,
        people=people,
        page=page,
        pages=pages,
        today=desk.today(),
    )


def proof_of(objective: Mapping[str, Any] | None) -> str:
    """How good a proposal is, in a sentence; empty for a run that was not planned."""
    if objective is None:
        return ""
    if all(objective["proven"].values()):
        return f"No better roster exists: that is proven ({objective['engine']}, {objective['seconds']:g} s)."
    if objective["engine"] == "greedy":
        return "Made by the greedy engine, which looks for no better one."
    return "The search ended at its limit before it was proven that no better roster exists."
