"""A generator of the files that are dropped into the simulated SharePoint folder."""

from scheduling_pipeline.simulators.reports.burst import Burst
from scheduling_pipeline.simulators.reports.demo import DemoFolder
from scheduling_pipeline.simulators.reports.files import SEED, Shape, content, generate, header_only
from scheduling_pipeline.simulators.reports.layout import REPORTS
from scheduling_pipeline.simulators.reports.model import Drop, Drops

__all__ = [
    "REPORTS",
    "SEED",
    "Burst",
    "DemoFolder",
    "Drop",
    "Drops",
    "Shape",
    "content",
    "generate",
    "header_only",
]
