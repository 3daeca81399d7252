"""The datasets that come with the pipeline: a new one is a declaration here and a test file."""

from __future__ import annotations

from scheduling_pipeline.datasets.contact_centre import CONTACT_CENTRE
from scheduling_pipeline.datasets.courses import COURSES
from scheduling_pipeline.datasets.roster import ROSTER
from scheduling_pipeline.datasets.teachers import TEACHERS
from scheduling_pipeline.files.dataset import Dataset

DATASETS: tuple[Dataset, ...] = (*CONTACT_CENTRE, TEACHERS, *COURSES, *ROSTER)
"""All of them. A file belongs to the first one that claims it."""

__all__ = ["DATASETS"]
