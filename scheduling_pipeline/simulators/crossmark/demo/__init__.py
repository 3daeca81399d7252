"""The demo's store: its events come up and pass as the simulated clock goes on."""

from scheduling_pipeline.simulators.crossmark.demo.store import DemoStore

__all__ = ["DemoStore"]
