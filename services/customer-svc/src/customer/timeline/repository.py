"""The timeline of one customer."""

from uuid import UUID

from sqlalchemy import select

from crmkit.web import paging
from customer.timeline.models import timeline
from customer.timeline.schemas import TimelineEntry


def timeline_of(customer_id: UUID) -> paging.Listing:
    """Everything that happened with a customer, the newest first."""
    query = select(timeline).where(timeline.c.customer_id == customer_id)
    return paging.Listing(query, keys={"at": timeline.c.at}, tie=timeline.c.id, default="-at", model=TimelineEntry)
