"""The school's list of teachers, as the workbook has it that people keep."""

from __future__ import annotations

from scheduling_pipeline.datasets.patterns import files
from scheduling_pipeline.files.dataset import Column, Dataset, Loading

TEACHERS = Dataset(
    "teachers",
    "Everybody who teaches: name, in person or online, school, telephone and account. Lessons are matched to"
    " accounts by it.",
    files("Teachers"),
    (
        Column("name", "Name", nullable=False),
        Column("type", "Type", choices=("In Person", "Online")),
        Column("school", "School"),
        Column("phone_number", "Phone Number", aliases=("Phone",)),
        Column("email", "Email", nullable=False, aliases=("E-mail",)),
    ),
    Loading.REPLACE_ALL,
    key=("email",),
    sheet="Teachers",
)
