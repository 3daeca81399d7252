"""Writing to Outlook: from the first plan to the last commit of the ledger.

`new` cases create every event, `moved` cases move every one of them by a quarter of an hour. The limit is a
bare client that sends the same batches, and beside it what arithmetic allows: four requests in flight for
each mailbox. The peer makes one call at a time; it does a tenth of the work, and its time is given for all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks import bare_client
from benchmarks.bare_client import BareClient
from benchmarks.lessons import NOW, WINDOW, lessons, moved
from benchmarks.one_by_one import OneByOne
from benchmarks.results import Result
from benchmarks.simulated import Simulated, Timing, medians, simulators
from resources.directory import list_accounts
from resources.graph_client import PER_MAILBOX, GraphClient
from resources.outlook import Outlook
from scheduling_pipeline.calendars.apply import apply
from scheduling_pipeline.calendars.brake import brake
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import DesiredEvent
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.calendars.provider import Unreadable
from scheduling_pipeline.database.connection import connect, migrate
from scheduling_pipeline.database.leases import Leases

AIM_PEER = 20
AIM_LIMIT = 1.3
PEER_PART = 10  # the peer does one part in so many


@dataclass(frozen=True, slots=True)
class Size:
    """`events` for each of `mailboxes`, at `latency` seconds a request."""

    mailboxes: int
    events: int
    latency: float

    def __str__(self) -> str:
        return f"{self.mailboxes} x {self.events} at {self.latency * 1000:.0f} ms"

    @property
    def arithmetic(self) -> float:
        """Seconds that no client can beat."""
        return -(-self.events // PER_MAILBOX) * self.latency


SIZES = (Size(10, 200, 0.05), Size(50, 40, 0.2))


@dataclass(frozen=True, slots=True)
class Written:
    """How long it took to make events, and to move them."""

    new: Timing
    moved: Timing


def run(say: Callable[[str], None], sizes: Sequence[Size] = SIZES, rounds: int = 5) -> list[Result]:
    """Measure all sizes against one process of the simulators."""
    with (
        tempfile.TemporaryDirectory() as folder,
        simulators(Path(folder) / "simulators") as simulated,
        simulated.graph().connect() as graph,
        closing(BareClient(graph, simulated.graph_url, simulated.environment["AZURE_CA_BUNDLE"])) as bare,
    ):
        bench = _Bench(simulated, graph, bare, Path(folder))
        return [result for size in sizes for result in bench.compare(size, rounds, say)]


class _Bench:
    def __init__(self, simulated: Simulated, graph: GraphClient, bare: BareClient, folder: Path) -> None:
        self._simulated = simulated
        self._graph = graph
        self._bare = bare
        self._folder = folder
        listings = Outlook(graph).list_owned([account.id for account in list_accounts(graph)], "")
        self._mailboxes = [user for user, found in listings.items() if not isinstance(found, Unreadable)]
        self._scopes = 0

    def compare(self, size: Size, rounds: int, say: Callable[[str], None]) -> list[Result]:
        """Ours and the bare client in turn, `rounds` times after a small one to warm up; then the peer."""
        calendars = self._mailboxes[: size.mailboxes]
        warm = Size(size.mailboxes, min(size.events, 2 * PER_MAILBOX), 0)
        for write in (self._ours, self._limit):
            write(warm, calendars)
        ours: list[Written] = []
        limit: list[Written] = []
        for number in range(1, rounds + 1):
            say(f"apply, {size}: round {number} of {rounds}")
            ours.append(self._ours(size, calendars))
            limit.append(self._limit(size, calendars))
        say(f"apply, {size}: one call at a time")
        peer = self._peer(size, calendars)
        return [
            *_results(f"{size}, new", size, [w.new for w in ours], [w.new for w in limit], peer.new),
            *_results(f"{size}, moved", size, [w.moved for w in ours], [w.moved for w in limit], peer.moved),
        ]

    def _ours(self, size: Size, calendars: Sequence[str]) -> Written:
        scope = self._scope()
        wanted = lessons(scope, calendars, size.events)
        engine = connect(f"sqlite:///{self._folder / scope}.db")
        migrate(engine)
        ledger = Ledger(engine, "outlook", run_id=scope)
        outlook = Outlook(self._graph)

        def sync(events: Sequence[DesiredEvent]) -> None:
            live = ledger.live(scope)
            changes = plan(events, live, windows=[WINDOW], kins=frozenset(), now=NOW).changes
            free = brake(changes, live, now=NOW).free
            applied = apply(free, provider=outlook, ledger=ledger, leases=Leases(engine), now=NOW)
            assert applied.writes == len(events), applied

        self._simulated.set_latency("graph", size.latency)
        written = Written(
            self._simulated.measure(lambda: sync(wanted)),
            self._simulated.measure(lambda: sync(moved(wanted))),
        )
        self._clear(wanted, {(row.calendar, row.uid): row.provider_id for row in ledger.live(scope)})
        engine.dispose()
        return written

    def _limit(self, size: Size, calendars: Sequence[str]) -> Written:
        wanted = lessons(self._scope(), calendars, size.events)
        answers: list[bare_client.Chains] = []

        def measured(chains: bare_client.Chains) -> Timing:
            return self._simulated.measure(lambda: answers.append(self._bare.send(chains)))

        self._simulated.set_latency("graph", size.latency)
        new = measured(bare_client.creations(wanted))
        standing = bare_client.read(wanted, answers.pop())
        changed = measured(bare_client.changes(wanted, moved(wanted), standing))
        bare_client.read(wanted, answers.pop())
        self._clear(wanted, {key: event["id"] for key, event in standing.items()})
        return Written(new, changed)

    def _peer(self, size: Size, calendars: Sequence[str]) -> Written:
        part = lessons(self._scope(), calendars, max(size.events // PEER_PART, 1))
        whole = size.mailboxes * size.events / len(part)
        with closing(OneByOne(self._simulated.environment, calendars)) as script:
            self._simulated.set_latency("graph", size.latency)
            new = self._simulated.measure(lambda: script.create(part))
            changed = self._simulated.measure(lambda: script.change(moved(part)))
            self._simulated.set_latency("graph", 0)
            script.delete(part)
        return Written(_times(new, whole), _times(changed, whole))

    def _clear(self, events: Sequence[DesiredEvent], ids: dict[bare_client.Key, str]) -> None:
        """Empty the mailboxes for whoever comes next."""
        self._simulated.set_latency("graph", 0)
        bare_client.read(events, self._bare.send(bare_client.deletions(events, ids)))

    def _scope(self) -> str:
        """A scope of its own for every writer: the keys of events that stood before are spent."""
        self._scopes += 1
        return f"bench-{self._scopes}"


def _times(timing: Timing, factor: float) -> Timing:
    return Timing(timing.seconds * factor, timing.simulator_cpu_share)


def _results(
    case: str, size: Size, ours: Sequence[Timing], limit: Sequence[Timing], peer: Timing
) -> list[Result]:
    mine, least = medians(ours), medians(limit)
    share = max(mine.simulator_cpu_share, least.simulator_cpu_share)
    return [
        Result(
            "apply",
            case,
            "s",
            ours=mine.seconds,
            peer=peer.seconds,
            limit=least.seconds,
            aim_peer=AIM_PEER,
            aim_limit=AIM_LIMIT,
            simulator_cpu_share=share,
        ),
        Result(
            "apply",
            f"{case}, four in flight",
            "s",
            ours=mine.seconds,
            limit=size.arithmetic or None,
            simulator_cpu_share=share,
        ),
    ]
