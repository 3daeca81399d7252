"""Changes of work orders in the form in which people are told of them."""

from __future__ import annotations

from scheduling_pipeline.notifications.told import Told
from scheduling_pipeline.work_orders.model import Change


def as_told(change: Change) -> Told:
    """What a message says of a change."""
    card, other = change.card, change.other
    return Told(
        kind=change.kind.value,
        order=card.id,
        store=card.store,
        place=card.town,
        dispensers=card.dispensers,
        before=change.before,
        after=change.after,
        other_order=other.id if other else None,
        other_store=other.store if other else None,
        other_place=other.town if other else None,
    )
