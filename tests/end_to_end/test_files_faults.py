"""Three calls in ten fail, for Graph and for downloads alike: in the end it is as if nothing had happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from resources import sharepoint
from scheduling_pipeline.files.model import Outcome
from scheduling_pipeline.simulators.control import DEMO_START, Control, Fault
from scheduling_pipeline.simulators.reports import Burst, content
from scheduling_pipeline.simulators.reports.teachers import teachers_workbook
from scheduling_pipeline.simulators.server import Simulators
from tests.databases import copied
from tests.end_to_end.office import Office, open_office
from tests.end_to_end.truth import check, current, outcomes, tables

FILES = 28
RUNS = 12  # that may be needed
BAD = b"Interval Start,Interval End\n1,2\n"


@pytest.fixture
def simulators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulators]:
    """Many kinds of files, one larger than what is sent or read at a time; several pages."""
    monkeypatch.setattr(sharepoint, "PAGE", 10)
    with Simulators(tmp_path / "simulators", drops=Burst(FILES, DEMO_START)) as simulators:
        simulators.graph.settings.resource_units = 100_000  # its limits are for other tests
        drive = simulators.graph.drive
        header, rows = content("Campaign_Interactions", DEMO_START, rows=1000).split(b"\n", 1)
        drive.put("Reports/Campaign_Interactions__large.csv", header + b"\n" + rows * 12)
        drive.put("Reports/School/Teachers.xlsx", teachers_workbook())
        drive.put("Reports/ACQ__bad.csv", BAD)
        drive.put("Reports/notes.txt", b"hello")
        yield simulators


def test_with_three_in_ten_calls_failing_it_ends_as_if_none_had(
    simulators: Simulators, tmp_path: Path, migrated_sqlite: Path
) -> None:
    calm, rough = tmp_path / "calm", tmp_path / "rough"
    with open_office(simulators, calm, copied(migrated_sqlite, calm / "pipeline.db")) as office:
        assert office.ingest().success
        expected = tables(office.engine), outcomes(office.engine)

    database = copied(migrated_sqlite, rough / "pipeline.db")
    with open_office(simulators, rough, database, MAX_RETRIES="6") as office:
        seen = len(simulators.graph.control.journal())
        strike(simulators.graph.control)
        for _ in range(RUNS):
            office.ingest()
            if len(done(office)) == FILES + 4:
                break
        office.mend()
        struck = simulators.graph.control.journal(seen)
        assert {410, 429, 503, None} <= {call["status"] for call in struck}
        assert sum(call["status"] not in (200, 206) or not call["answered"] for call in struck) > 0.2 * len(
            struck
        )

        assert (tables(office.engine), outcomes(office.engine)) == expected
        check(office)
        again = office.downloads()
        assert office.ingest().success
        assert office.downloads() == again


def done(office: Office) -> set[str]:
    """The files of which it is certain what became of them."""
    return {row["item"] for row in current(office.engine) if row["outcome"] != Outcome.FAILED}


def strike(control: Control) -> None:
    """Have about three in ten calls fail from now on, by seeded dice."""
    graph, download = "^GET /(sites|drives)/", "^GET /download/"
    each = 1 - 0.7 ** (1 / 5)
    for match in (graph, download):
        for kind, params in (
            ("http", {"status": 429, "retry_after": 0}),
            ("http", {"status": 503}),
            ("timeout", {"seconds": 0.02}),
            ("drop_reply", {}),
            ("cut", {"share": 0.7}),
        ):
            control.arm(Fault(kind, match, None, probability=each, params=params))
    control.arm(Fault("http", "^POST /.batch", None, probability=0.3, params={"status": 503}))
    control.arm(Fault("wrong_content", download, None, probability=0.1))
    control.arm(Fault("wrong_hash", download, None, probability=0.1))
    control.arm(Fault("resync", "delta", 1, skip=1))
