"""The timeline of one customer: everything that happened, the newest first."""

from typing import Final

from sqlalchemy import select

from crmkit.web import lists
from customer.timeline.models import timeline
from customer.timeline.schemas import TimelineEntry, TimelineQuery

TIMELINE: Final = lists.List(select(timeline), TimelineQuery, columns=timeline.c, model=TimelineEntry)
