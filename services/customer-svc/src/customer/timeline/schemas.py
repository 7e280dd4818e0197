"""Everything that happened with a customer."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class TimelineEntry(BaseModel):
    """One thing that happened: an order, a refund, an interaction."""

    model_config = ConfigDict(from_attributes=True)
    at: datetime
    id: UUID
    kind: str
    summary: str
    channel: str | None
    resource: str | None
