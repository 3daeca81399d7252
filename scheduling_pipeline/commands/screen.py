"""What commands show: changes as a table, counts as a sentence, progress as a bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.status import Status
from rich.table import Table
from rich.text import Text

from scheduling_pipeline.calendars.apply import Applied
from scheduling_pipeline.calendars.model import Change, EventContent

# Names and reasons come from elsewhere: what looks like markup in them is text.
console = Console(highlight=False, markup=False, emoji=False)


def table(title: str, *columns: str) -> Table:
    """An empty table."""
    made = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        made.add_column(column)
    return made


def change_table(
    title: str, changes: Sequence[Change], names: Mapping[str, str], *, held: Sequence[Change] = ()
) -> Table:
    """A row for each change, by teacher and time; `names` gives the person of each calendar."""
    shown = table(title, "kind", "teacher", "when", "what", "why", "held")
    rows = [(change, "") for change in changes] + [(change, "held") for change in held]
    for change, word in sorted(rows, key=lambda row: _order(row[0], names)):
        content = _content(change)
        teacher = names.get(change.calendar, change.calendar)
        shown.add_row(change.kind, teacher, when(content), content.summary, change.reason, word)
    return shown


def when(content: EventContent) -> str:
    """When an event takes place, in its own zone."""
    hours = f"{content.dtstart:%H:%M}-{content.dtend:%H:%M}"
    if content.rrule is None:
        return f"{content.dtstart:%a %d %b %Y} {hours}"
    until = f" to {content.rrule.until:%d %b %Y}" if content.rrule.until else ""
    return f"{content.dtstart:%A}s {hours} from {content.dtstart:%d %b %Y}{until}"


def working(words: str) -> Status:
    """A sign of life while the context lasts."""
    return console.status(Text(words))


def confirm(question: str, *, yes: bool) -> None:
    """Ask, unless the answer was given beforehand. A no ends the command with exit code 1."""
    if not yes:
        typer.confirm(question, abort=True)


@contextmanager
def progress_bar(words: str) -> Iterator[Callable[[int, int], None]]:
    """A bar while the context lasts; yields what to call with (done, in all)."""
    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(words, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def counted(counts: Mapping[str, int]) -> str:
    """Counts as a sentence: `3 created, 1 failed`."""
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "nothing"


def say_what_was_done(done: Applied, names: Mapping[str, str]) -> None:
    """Count the outcomes and name what failed."""
    console.print(f"Done: {counted(done.counts)}.")
    if not done.failures:
        return
    failures = table("What did not come about", "teacher", "event", "what", "why")
    for failure in done.failures:
        failures.add_row(
            names.get(failure.calendar, failure.calendar), failure.uid, failure.kind, failure.detail
        )
    console.print(failures)


def _content(change: Change) -> EventContent:
    event = change.before if change.kind.removes or change.after is None else change.after
    assert event is not None  # noqa: S101 - a change has one or the other
    return event.content


def _order(change: Change, names: Mapping[str, str]) -> tuple[str, str]:
    return names.get(change.calendar, change.calendar), _content(change).dtstart.isoformat()
