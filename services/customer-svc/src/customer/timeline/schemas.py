"""Everything that happened with a customer."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from crmkit.data.instants import Instant
from crmkit.web import lists


class TimelineEntry(BaseModel):
    """One thing that happened: an order, a refund, an interaction."""

    model_config = ConfigDict(from_attributes=True)
    at: datetime
    id: UUID
    kind: str
    summary: str
    channel: str | None
    resource: str | None


class TimelineQuery(lists.ListQuery):
    sort: Literal["-at", "at"] = "-at"
    kind: lists.AnyOf[str]
    channel: lists.AnyOrNone[str]
    at_gte: Instant | None = None
    at_lt: Instant | None = None
