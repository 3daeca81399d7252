"""`adopt`: what becomes of the events that older scripts wrote, decided by a person once for each agenda."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from resources.outlook_legacy import LegacyEvent, tag_events
from resources.outlook_lookup import events_by_id
from scheduling_pipeline.calendars.apply import Applied
from scheduling_pipeline.calendars.model import Tag
from scheduling_pipeline.calendars.provider import Cause, Operation, Outcome, Unreadable
from scheduling_pipeline.calendars.takeover import Claim, take_over
from scheduling_pipeline.commands.agendas import desired, finder, good_weeks, live_agenda, live_agendas
from scheduling_pipeline.commands.connections import Tenant, open_tenant
from scheduling_pipeline.commands.errors import CommandError
from scheduling_pipeline.commands.screen import confirm, console, progress_bar, say_what_was_done, table
from scheduling_pipeline.timetable.adoption import (
    Assignment,
    Candidate,
    assign,
    coming,
    decide,
    decision,
    where_to_look,
)
from scheduling_pipeline.timetable.events import Desired
from scheduling_pipeline.timetable.model import Agenda
from scheduling_pipeline.timetable.state_files import Remembered, is_common, read_state_file, state_files

# What certainly will not be there the next time either.
_FINAL = (Cause.GONE, Cause.NO_CALENDAR, Cause.INVALID)

CHUNK = 400  # events looked up before the reservation is renewed


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to take over. `problems` names what cannot be, and why; `unread` what could not be
    looked at this time; `already` counts what is ours."""

    candidates: Sequence[Candidate]
    problems: Sequence[tuple[str, str]]
    unread: Sequence[tuple[str, str]]
    already: int = 0


def adopt(key: str, *, state_dir: Path | None, yes: bool) -> None:
    """Take over what older scripts wrote: what their state files name, or what looks exactly like theirs."""
    with open_tenant("adopt") as tenant:
        agenda = live_agenda(tenant.settings, key)
        own = _desired_of(tenant, agenda)
        if own is None:
            raise CommandError(
                f"{agenda.label} was never read completely, so nobody can tell which lessons the events"
                " belong to; run the sync job for it first"
            )
        with console.status("looking for what older scripts left …"):
            sources = [*_sources(tenant, agenda, own, state_dir)]
        assignments = [assignment for _, assignment in sources]
        found = [one for one, _ in sources]
        claims = [claim for assignment in assignments for claim in assignment.claims]
        _show(tenant, agenda, found, assignments)
        applied = Applied()
        if claims:
            confirm(f"Take over {len(claims)} events?", yes=yes)
            applied = _take_over(tenant, agenda, claims)
        if applied.failures or any(one.unread for one in found):
            console.print("Nothing is decided yet: run the same command again for the rest.")
            raise typer.Exit(1)
        provider = tenant.calendars.provider.name
        if claims or decision(tenant.engine, provider, agenda) is None:
            events = len(claims) + sum(one.already for one in found)
            how = f"taken over, as remembered in {state_dir}" if state_dir else "taken over, by their shape"
            decide(tenant.engine, provider, agenda, how, events=events, now=tenant.now)
        console.print(f"{agenda.label} is decided: the next run brings its events up to date.")


def leave_alone(key: str, *, who: str, why: str) -> None:
    """Record that the events of older scripts stay as they are."""
    if not who.strip() or not why.strip():
        raise CommandError("say who decides to leave the events alone, and why: --by NAME --why REASON")
    with open_tenant("adopt") as tenant:
        agenda = live_agenda(tenant.settings, key)
        what = f"left alone by {who.strip()}: {why.strip()}"
        decide(tenant.engine, tenant.calendars.provider.name, agenda, what, events=0, now=tenant.now)
    console.print(f"{agenda.label} is decided: what older scripts wrote is left alone.")


def _desired_of(tenant: Tenant, agenda: Agenda) -> Desired | None:
    weeks = good_weeks(tenant, agenda)
    return desired(tenant, agenda, weeks) if weeks else None


def _sources(
    tenant: Tenant, agenda: Agenda, own: Desired, state_dir: Path | None
) -> Iterator[tuple[Found, Assignment]]:
    """What was found, and whose it is: for each state file, or by shape."""
    siblings = {
        other.label: _desired_of(tenant, other)
        for other in live_agendas(tenant.settings)
        if other.kind is agenda.kind and other != agenda
    }
    if state_dir is None:
        found = _by_shape(tenant, agenda)
        yield found, assign(agenda, found.candidates, own, siblings)
        return
    remembered = [(path, read_state_file(path, agenda)) for path in state_files(state_dir, agenda)]
    for path, entries in remembered:
        found = _by_id(tenant, agenda, entries)
        yield found, assign(agenda, found.candidates, own, siblings if is_common(path, agenda) else {})


def _by_shape(tenant: Tenant, agenda: Agenda) -> Found:
    listings = finder(tenant, agenda)(where_to_look(tenant.accounts))
    return Found(
        [Candidate.of_event(event) for listing in listings.values() for event in coming(listing, tenant.now)],
        [],
        [
            (tenant.names.get(calendar, calendar), str(listing))
            for calendar, listing in listings.items()
            if isinstance(listing, Unreadable) and listing.cause is not Cause.NO_CALENDAR
        ],
    )


def _by_id(tenant: Tenant, agenda: Agenda, entries: Sequence[Remembered]) -> Found:
    calendars = {account.sign_in: account.calendar for account in tenant.accounts}
    known: list[tuple[Remembered, str]] = []
    problems: list[tuple[str, str]] = []
    for entry in entries:
        calendar = calendars.get(entry.upn.lower())
        if not entry.provider_id:
            problems.append((entry.label, "the script never learnt its id"))
        elif calendar is None:
            problems.append((entry.label, "there is no such account"))
        else:
            known.append((entry, calendar))
    wanted = [(calendar, entry.provider_id) for entry, calendar in known]
    candidates: list[Candidate] = []
    unread: list[tuple[str, str]] = []
    already = 0
    for (entry, _), event in zip(known, _standing(tenant, agenda, wanted), strict=True):
        match event:
            case Unreadable(cause=cause):
                (problems if cause in _FINAL else unread).append((entry.label, event.detail))
            case Tag():
                already += 1
            case LegacyEvent():
                candidates.append(Candidate(event, entry.start or event.content.dtstart, entry.code))
    return Found(candidates, problems, unread, already)


def _standing(
    tenant: Tenant, agenda: Agenda, wanted: Sequence[tuple[str, str]]
) -> list[LegacyEvent | Tag | Unreadable]:
    """The event of each (calendar, id), with the calendars reserved."""
    found: list[LegacyEvent | Tag | Unreadable] = []
    with tenant.calendars.reserve(calendar for calendar, _ in wanted) as lease:
        for start in range(0, len(wanted), CHUNK):
            found += events_by_id(tenant.client, wanted[start : start + CHUNK], agenda.zone)
            lease.renew()
    return found


def _show(tenant: Tenant, agenda: Agenda, found: Sequence[Found], assignments: Sequence[Assignment]) -> None:
    fitting = Counter(claim.calendar for assignment in assignments for claim in assignment.fitting)
    stray = Counter(claim.calendar for assignment in assignments for claim in assignment.stray)
    total = fitting.total() + stray.total()
    if total:
        shown = table(f"To take over: {agenda.label}", "teacher", "in the timetable", "not in it")
        for calendar in sorted(fitting + stray, key=lambda name: tenant.names.get(name, name)):
            shown.add_row(tenant.names.get(calendar, calendar), str(fitting[calendar]), str(stray[calendar]))
        console.print(shown)
    problems = [problem for one in found for problem in (*one.problems, *one.unread)]
    if problems:
        shown = table("Not to be had", "event", "why")
        for problem in problems:
            shown.add_row(*problem)
        console.print(shown)
    console.print(
        f"{total} events in {len(fitting + stray)} calendars to take over; {len(problems)} not to be had;"
        f" {sum(one.already for one in found)} are ours already."
    )
    if stray:
        console.print(
            f"{stray.total()} of them are not in the timetable: the next run removes them, unless the brake"
            " holds them."
        )
    for label, count in Counter(label for one in assignments for _, label in one.left).items():
        console.print(f"{count} more are left for {label}.")


def _take_over(tenant: Tenant, agenda: Agenda, claims: Sequence[Claim]) -> Applied:
    def tag(operations: Sequence[Operation]) -> list[Outcome]:
        return tag_events(
            tenant.client,
            [
                (LegacyEvent(one.calendar, one.provider_id, one.etag, one.before), one.tag)
                for one in operations
                if one.before is not None
            ],
        )

    with progress_bar("taking over") as on_progress:
        applied = take_over(
            agenda.key,
            claims,
            tag_events=tag,
            provider=tenant.calendars.provider,
            ledger=tenant.calendars.ledger,
            leases=tenant.calendars.leases,
            now=tenant.now,
            on_progress=on_progress,
        )
    say_what_was_done(applied, tenant.names)
    return applied
