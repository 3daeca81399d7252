"""`release`: what the brake holds, and a person's word that it may go through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.padding import Padding
from rich.text import Text
from sqlalchemy import Engine

from scheduling_pipeline.calendars import holds
from scheduling_pipeline.calendars.names import with_names
from scheduling_pipeline.commands.connections import open_store
from scheduling_pipeline.commands.errors import CommandError
from scheduling_pipeline.commands.screen import console, table
from scheduling_pipeline.courses.events import SCOPE as COURSES
from scheduling_pipeline.courses.guard import SCOPE as CATALOGUE
from scheduling_pipeline.courses.standing import ready_calendars
from scheduling_pipeline.timetable.teachers import account_names


def release(digest: str | None, who: str, why: str) -> None:
    """Let the removals held under `digest` through from the next run on; without one, list what is held."""
    store = open_store()
    held = holds.held_plans(store.engine)
    if digest is None:
        _show_all(store.engine, held)
        return
    if not who.strip() or not why.strip():
        raise CommandError("say who lets the removals through, and why: --by NAME --why REASON")
    try:
        count = holds.release(store.engine, digest, who=who, why=why, now=store.now)
    except holds.UnknownDigestError:
        _show_all(store.engine, held)
        raise
    (released,) = (plan for plan in held if plan["digest"] == digest)
    _show_one(store.engine, released)
    console.print(f"{count} removals go through with the next run of {_flow(released)}.")


def _show_all(engine: Engine, held: Sequence[Mapping[str, Any]]) -> None:
    if not held:
        console.print("Nothing is held.")
        return
    names = _names(engine)
    for plan in held:
        since = f"{plan['first_held_at']:%d %b %Y %H:%M} UTC"
        console.print(f"{plan['digest']}  {len(plan['removals'])} removals in {_flow(plan)}, since {since}")
        for reason in plan["reasons"]:
            console.print(Padding(Text(with_names(reason, names)), (0, 0, 0, 18)))
    console.print("To let them through: scheduling-pipeline release DIGEST --by NAME --why REASON")


def _show_one(engine: Engine, plan: Mapping[str, Any]) -> None:
    title = f"Let through: {_flow(plan)}"
    if plan["scope"] == CATALOGUE:  # rows of tables, in nobody's calendar
        shown = table(title, "table", "row")
        for removal in plan["removals"]:
            shown.add_row(removal["calendar"], removal["summary"])
    else:
        shown = table(title, "whose", "when", "what")
        names = _names(engine)
        for removal in plan["removals"]:
            starts = datetime.fromisoformat(removal["dtstart"])
            whose = names.get(removal["calendar"], removal["calendar"])
            shown.add_row(whose, f"{starts:%a %d %b %Y %H:%M %Z}", removal["summary"])
    console.print(shown)


def _flow(plan: Mapping[str, Any]) -> str:
    """What the removals are from, as people call it; of teachers, the agenda."""
    scope: str = plan["scope"]
    return {CATALOGUE: "the course catalogue", COURSES: "course calendars"}.get(scope, scope)


def _names(engine: Engine) -> dict[str, str]:
    """Whose each calendar is, teachers' and students'."""
    return {**account_names(engine), **ready_calendars(engine)}
