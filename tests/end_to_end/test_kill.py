"""SIGKILL at every point of a cycle, and 30 % of faults: nothing is lost, nothing is doubled.

Three mailboxes and thirty events: once made from nothing, once changed by creates, updates, splits, ends and
deletes. Processes are forked from a warm one, so that each death costs a fraction of a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

import pytest
import stamina
from sqlalchemy import Engine

from resources.directory import list_accounts
from resources.outlook import Outlook
from scheduling_pipeline.database.connection import connect, migrate
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.school import FixedSchool
from scheduling_pipeline.timetable.accounts import Account
from tests.end_to_end.cycle import Cycle, run_when_told
from tests.end_to_end.deaths import FORKS, Point, Points, before_a_commit, before_sending, dies
from tests.end_to_end.mailboxes import Seen, intended, ledger, ledger_content, open_operations
from tests.end_to_end.remote import RemoteSimulators, graph_of, remote_simulators
from tests.end_to_end.trio import AFTER, BEFORE, Trio

TRIOS = 400  # each point of death has one to itself
WRITE = "^(POST|PATCH|DELETE) /users/"
REQUEST = "^(GET /|POST /\\$batch)"


@dataclass
class Stage:
    """A tenant of many trios, with a new one for each scene, and a pipeline that nobody kills."""

    simulators: RemoteSimulators
    outlook: Outlook
    accounts: Mapping[str, Account]
    trios: Iterator[Trio] = field(default_factory=lambda: map(Trio, range(TRIOS)))

    def cycle(self, engine: Engine, now: datetime) -> Cycle:
        """The cycle of a new trio at `now`, with all that stood before it in place."""
        trio = next(self.trios)
        accounts = [self.accounts[account.upn] for account in trio.accounts]
        if now == AFTER:
            assert Cycle(trio, accounts, BEFORE).run(engine, self.outlook).counts == {"created": 30}
        return Cycle(trio, accounts, now)

    def standing(self, cycle: Cycle) -> Counter[Seen]:
        """What stands, with each calendar named by its place in the trio, so that trios can be compared."""
        places = {calendar: str(place) for place, calendar in enumerate(cycle.calendars)}
        seen = self.simulators.mailboxes.standing(places)
        return Counter({(places[one[0]], *one[1:]): times for one, times in seen.items()})

    def check_that_all_was_written_down(self, cycle: Cycle, engine: Engine) -> None:
        """Nothing stands that the outbox did not have before it was sent."""
        assert set(self.simulators.mailboxes.tags(cycle.calendars)) <= intended(engine, cycle.calendars)

    def check_ledger(self, cycle: Cycle, engine: Engine) -> None:
        """The ledger is the mailboxes: the same events, ids, ETags and content; and no write is open."""
        assert self.simulators.mailboxes.tags(cycle.calendars) == ledger(engine, cycle.calendars)
        assert self.simulators.mailboxes.standing(cycle.calendars) == ledger_content(engine, cycle.calendars)
        assert open_operations(engine) == 0

    def check_that_nothing_is_left(self, cycle: Cycle, engine: Engine) -> None:
        """Another run writes nothing, and Graph's own journal says so, too."""
        self.simulators.forget_calls()
        assert cycle.run(engine, self.outlook).writes == 0
        assert self.simulators.writes() == []

    def dies(self, cycle: Cycle, database_url: str, point: Point, n: int) -> bool:
        """Run the cycle in a process that is to die at the n-th such point; False when it ended before."""
        return dies(
            run_when_told,
            (cycle, database_url, self.simulators.environment, point.death(n)),
            lambda pid: self.simulators.arm(*point.faults(n, pid)),
            self.simulators.clear_faults,
        )


POINTS = Points(REQUEST, WRITE)
BEFORE_SENDING, BEFORE_A_COMMIT = before_sending(3), before_a_commit(10)
EVERY_POINT = (
    POINTS.before_a_request(5),
    POINTS.after_a_request(5),
    POINTS.inside_a_batch(30),
    BEFORE_SENDING,
    BEFORE_A_COMMIT,
)
WORK = {BEFORE: "everything new", AFTER: "many changes"}
KILLED = [  # what SQLite and PostgreSQL may differ in is shown on both
    pytest.param(database, point, now, id=f"{point.name}, {WORK[now]}, {database}")
    for database, points, nows in (
        ("sqlite", EVERY_POINT, WORK),
        ("postgresql", (BEFORE_SENDING, BEFORE_A_COMMIT), [AFTER]),
    )
    for point in points
    for now in nows
]

FORKS.set_forkserver_preload([run_when_told.__module__])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    school = FixedSchool(accounts=[account for n in range(TRIOS) for account in Trio(n).accounts])
    with (
        remote_simulators(tmp_path_factory.mktemp("simulators"), school) as simulators,
        graph_of(simulators.environment).connect() as client,
    ):
        accounts = {account.upn: account for account in list_accounts(client)}
        yield Stage(simulators, Outlook(client), accounts)


@pytest.fixture(scope="module")
def undisturbed(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Mapping[datetime, Counter[Seen]]:
    """What stands after a cycle that nothing disturbed."""
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('undisturbed')}/pipeline.db")
    migrate(engine)
    standing = {}
    for now in (BEFORE, AFTER):
        cycle = stage.cycle(engine, now)
        cycle.run(engine, stage.outlook)
        standing[now] = stage.standing(cycle)
    engine.dispose()
    return standing


@pytest.mark.process
@pytest.mark.parametrize(("database_url", "point", "now"), KILLED, indirect=["database_url"])
def test_a_process_killed_at_any_point_loses_and_doubles_nothing(
    stage: Stage,
    undisturbed: Mapping[datetime, Counter[Seen]],
    database_url: str,
    engine: Engine,
    point: Point,
    now: datetime,
) -> None:
    for n in count():
        cycle = stage.cycle(engine, now)
        died = stage.dies(cycle, database_url, point, n)
        stage.check_that_all_was_written_down(cycle, engine)

        recovered = cycle.run(engine, stage.outlook)

        assert not recovered.failures
        assert stage.standing(cycle) == undisturbed[now], f"killed {point.name} {n}"
        stage.check_ledger(cycle, engine)
        stage.check_that_nothing_is_left(cycle, engine)
        if not died:
            assert n >= point.least
            return


@pytest.mark.process
@pytest.mark.parametrize("now", WORK, ids=WORK.get)
def test_with_three_in_ten_calls_failing_nothing_is_lost_or_doubled(
    stage: Stage, undisturbed: Mapping[datetime, Counter[Seen]], engine: Engine, now: datetime
) -> None:
    cycle = stage.cycle(engine, now)
    with stamina.set_testing(True, attempts=6):  # as often as in earnest, without the waiting
        for _ in range(8):
            stage.simulators.arm(*_three_in_ten())
            cycle.run(engine, stage.outlook)
            stage.simulators.clear_faults()
            assert set(stage.standing(cycle).values()) <= {1}

    cycle.run(engine, stage.outlook)

    assert stage.standing(cycle) == undisturbed[now]
    stage.check_ledger(cycle, engine)
    stage.check_that_nothing_is_left(cycle, engine)


def _three_in_ten() -> list[Fault]:
    """Faults that together strike three calls in ten; the simulator's dice are seeded."""
    each = 1 - 0.7 ** (1 / 4)
    return [
        Fault("http", WRITE, None, probability=each, params={"status": 429, "retry_after": 0}),
        Fault("http", "", None, probability=each, params={"status": 503}),
        Fault("timeout", "", None, probability=each, params={"seconds": 0.02}),
        Fault("drop_reply", "", None, probability=each),
    ]
