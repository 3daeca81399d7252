"""What a message says of a change."""

from __future__ import annotations

from datetime import date

from scheduling_pipeline.notifications.told import Told
from scheduling_pipeline.work_orders.model import Card, Change, ChangeKind
from scheduling_pipeline.work_orders.telling import as_told
