"""One row of a proposal: edited, taken out, or submitted once more."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data import decisions
from scheduling_pipeline.desk.data.choices import Choices, Verdict, load_choices
from scheduling_pipeline.desk.data.decisions import wish
from scheduling_pipeline.desk.data.explanations import explain
from scheduling_pipeline.desk.data.proposal import load_row, load_rows_named
from scheduling_pipeline.desk.data.refusals import RulesBrokenProblem, told
from scheduling_pipeline.desk.forms import FIRST_DAY, LAST_DAY, Entered, Fields, Key, Number, Text
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.problems import Problem, RefusedError
from scheduling_pipeline.desk.routes.shown import RowShown
from scheduling_pipeline.roster.review import Decided
from scheduling_pipeline.roster.rows import ProposalRow

router = APIRouter(tags=["rows"])
