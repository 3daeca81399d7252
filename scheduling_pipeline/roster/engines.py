"""The engines by name."""

from __future__ import annotations

from scheduling_pipeline.roster.greedy import GreedyEngine
from scheduling_pipeline.roster.optimal import OptimalEngine
from scheduling_pipeline.roster.plan import Engine

_ENGINES: dict[str, type[OptimalEngine] | type[GreedyEngine]] = {
    OptimalEngine.name: OptimalEngine,
    GreedyEngine.name: GreedyEngine,
}


def engine_named(name: str) -> Engine:
    """Raises ValueError for a name that no engine has."""
    if name not in _ENGINES:
        raise ValueError(f"there is no engine {name!r}; there are {', '.join(_ENGINES)}")
    return _ENGINES[name]()
