"""The school's own list of teachers, the workbook in SharePoint: which account goes by which name."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Engine, inspect, select

from scheduling_pipeline.datasets.teachers import TEACHERS
from scheduling_pipeline.files.rows import table_of


def load_roster(engine: Engine) -> dict[str, str]:
    """Names with their UPNs; empty before the workbook has arrived. A name with several is left out."""
    table = table_of(TEACHERS)
    if not inspect(engine).has_table(table.name):
        return {}
    found = defaultdict(set)
    with engine.connect() as connection:
        for row in connection.execute(select(table.c.name, table.c.email)):
            found[row.name].add(row.email)
    return {name: accounts.pop() for name, accounts in found.items() if len(accounts) == 1}
