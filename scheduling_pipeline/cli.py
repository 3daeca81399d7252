"""The command line: which commands there are, and their options. What they do is in `commands`."""

# ruff: noqa: PLC0415 - commands are imported when they are used: together they take seconds

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scheduling_pipeline.desk.roles import Role

app = typer.Typer(
    help="Keeps people's calendars true to where the truth is kept.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

ingest = typer.Typer(
    help="Files that arrive in SharePoint: run the scheduler, ingest now, see how it stands.",
    no_args_is_help=True,
)
app.add_typer(ingest, name="ingest")

google = typer.Typer(
    help="Course calendars in Google: connect people's accounts, see how they stand.",
    no_args_is_help=True,
)
app.add_typer(google, name="google")

desk_user = typer.Typer(
    help="Who may sign in to the review desk: add people, list them, lock them out.",
    no_args_is_help=True,
)
app.add_typer(desk_user, name="desk-user")

Agenda = Annotated[str, typer.Argument(help="Key of a live agenda, such as sfs_lausanne.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Who = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")]
Why = Annotated[str, typer.Option("--why", metavar="REASON", help="Why.")]


def main() -> None:
    """The program `scheduling-pipeline`."""
    from scheduling_pipeline.log import configure_logging

    configure_logging()
    app(prog_name="scheduling-pipeline")


@app.command()
def run(
    *, once: Annotated[bool, typer.Option("--once", help="Run the main job once, then stop.")] = False
) -> None:
    """Run everything on this machine, against simulated outside systems."""
    from scheduling_pipeline.commands.errors import plain_errors
    from scheduling_pipeline.commands.run import run

    with plain_errors():
        run(once=once)


@app.command()
def simulators(
    home: Annotated[Path, typer.Option(help="Folder for their state.")] = Path("var/simulators"),
) -> None:
    """Run the simulated outside systems alone, until Ctrl-C."""
    from scheduling_pipeline.commands.errors import plain_errors
    from scheduling_pipeline.commands.run import simulators

    with plain_errors():
        simulators(home)


@app.command()
def plan(agenda: Agenda) -> None:
    """Show what would change in the calendars of an agenda now.

    Made from the last good readings; the booking site is not read, and no calendar is written to.
    """
    from scheduling_pipeline.commands.errors import plain_errors
    from scheduling_pipeline.commands.plan import plan

    with plain_errors():
        plan(agenda)


@app.command()
def release(
    digest: Annotated[
        str | None, typer.Argument(help="What `plan` or the list calls the held removals.")
    ] = None,
    by: Who = "",
    why: Why = "",
) -> None:
    """Let removals through that are held because they are unusually many.

    Without a digest: list what is held.
    """
    from scheduling_pipeline.commands.errors import plain_errors
    from scheduling_pipeline.commands.release import release

    with plain_errors():
        release(digest, by, why)


@app.command()
def adopt(
    agenda: Agenda,
    *,
    state_dir: Annotated[
        Path | None,
        typer.Option(help="Folder of the older scripts' state files, such as data/last_synced.", exists=True),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Leave the events alone, for good.")] = False,
    by: Who = "",
    why: Why = "",
    yes: Yes = False,
) -> None:
    """Decide what becomes of the events that older scripts wrote.

    Takes over exactly the events that the scripts' state files name or, without such files, those that look
    exactly like theirs; with --none, records that they stay as they are. Until it is decided, nothing is
    written for the agenda.
    """
    from scheduling_pipeline.commands.adopt import adopt, leave_alone
    from scheduling_pipeline.commands.errors import plain_errors

    with plain_errors():
        if none:
            leave_alone(agenda, who=by, why=why)
        else:
            adopt(agenda, state_dir=state_dir, yes=yes)


@app.command()
def rebuild(
    agenda: Agenda,
    *,
    execute: Annotated[bool, typer.Option("--execute", help="Do it; otherwise only show it.")] = False,
    yes: Yes = False,
) -> None:
    """Clear the events that we own in an agenda's calendars and create them again.

    Made from fresh readings. Events of others, and what has begun, are not touched.
    """
    from scheduling_pipeline.commands.errors import plain_errors
    from scheduling_pipeline.commands.rebuild import rebuild

    with plain_errors():
        rebuild(agenda, execute=execute, yes=yes)


@app.command()
def doctor() -> None:
    """Try every outside connection and permission, and say what to do about those that fail."""
    from scheduling_pipeline.commands.doctor import doctor
    from scheduling_pipeline.commands.errors import plain_errors

    with plain_errors():
        doctor()


@ingest.command("run")
def ingest_run() -> None:
    """Run the scheduler until Ctrl-C or SIGTERM.

    What is at work then may finish within shutdown_timeout_seconds. Only one runs at a time.
    """
    from scheduling_pipeline.commands.errors import plain_errors
    from scheduling_pipeline.commands.ingest import run

    with plain_errors():
        run()


@ingest.command("trigger")
def ingest_trigger(
    *, force: Annotated[bool, typer.Option("--force", help="Even while another run is under way.")] = False
) -> None:
    """Ingest all that is new now, whatever the scheduler does.

    Lists the whole folder, and takes all files in one run.
    """
    from scheduling_pipeline.commands.errors import plain_errors
    from scheduling_pipeline.commands.ingest import trigger

    with plain_errors():
        trigger(force=force)


@ingest.command("run-once")
def ingest_run_once() -> None:
    """Do once what the scheduler does when a look is due, then stop.

    Looks from where the scheduler stands, and takes at most as many files as one of its runs.
    """
    from scheduling_pipeline.commands.errors import plain_errors
    from scheduling_pipeline.commands.ingest import run_once

    with plain_errors():
        run_once()


@ingest.command("status")
def ingest_status() -> None:
    """Show when the scheduler looked and will look, what is under way, and what stands in quarantine.

    Asks the database alone: it works while SharePoint does not.
    """
    from scheduling_pipeline.commands.errors import plain_errors
    from scheduling_pipeline.commands.ingest import status

    with plain_errors():
        status()


@google.command("connect")
def google_connect(
    email: Annotated[str, typer.Argument(help="Who it is for: their address among the users.")],
    *,
    account: Annotated[
        str | None, typer.Option(help="Their Google account, where its address is another one.")
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page, or only show its address.")
    ] = True,
) -> None:
    """Walk a person through their consent that we write to their Google calendar, and give them one.

    They sign in to Google on this machine and allow it. May be repeated, also for further accounts.
    """
    from scheduling_pipeline.commands.errors import plain_errors
    from scheduling_pipeline.commands.google import connect

    with plain_errors():
        connect(email, account or email, browser=browser)


@google.command("status")
def google_status() -> None:
    """Show who is connected, which calendar they have, and who has to sign in again.

    Asks the database alone: it works while Google does not.
    """
    from scheduling_pipeline.commands.errors import plain_errors
    from scheduling_pipeline.commands.google import status

    with plain_errors():
        status()


@app.command()
def desk(
    dagster_url: Annotated[
        str | None,
        typer.Option(envvar="DAGSTER_URL", help="Where people find Dagster's pages, to link to them."),
    ] = None,
) -> None:
    """Serve the review desk until Ctrl-C: review and approve rosters, set rotations, release held plans.

    Make the first admin with `scheduling-pipeline desk-user add NAME --role admin`.
    """
    from scheduling_pipeline.commands.desk import serve
    from scheduling_pipeline.commands.errors import plain_errors

    with plain_errors():
        serve(dagster_url)


@desk_user.command("add")
def desk_user_add(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[
        Role, typer.Option(help="A viewer looks, a manager decides, an admin also keeps the users.")
    ],
) -> None:
    """Let somebody sign in. The password is asked for twice.

    A script gives it in the environment variable DESK_PASSWORD.
    """
    from scheduling_pipeline.commands.desk import add
    from scheduling_pipeline.commands.errors import plain_errors

    with plain_errors():
        add(name, role)


@desk_user.command("list")
def desk_user_list() -> None:
    """Show everybody who may or might sign in, with their roles and since when they are known."""
    from scheduling_pipeline.commands.desk import show
    from scheduling_pipeline.commands.errors import plain_errors

    with plain_errors():
        show()


@desk_user.command("disable")
def desk_user_disable(name: Annotated[str, typer.Argument(help="Their name.")]) -> None:
    """Let somebody sign in no more. Ends their sessions at once; what they did stays in the audit."""
    from scheduling_pipeline.commands.desk import disable
    from scheduling_pipeline.commands.errors import plain_errors

    with plain_errors():
        disable(name)
