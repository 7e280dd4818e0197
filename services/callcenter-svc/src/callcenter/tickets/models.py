"""Tickets and their messages as stored."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.references.models import Concerning
from callcenter.slas.rules import Clock, Priority
from callcenter.tickets import rules
from callcenter.tickets.rules import Standing, Status
from crmkit.data.db import Base

_INSTANT = DateTime(timezone=True)


class Ticket(Concerning, Base):
    __tablename__ = "tickets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    version: Mapped[int]
    type: Mapped[str]
    status: Mapped[str]
    priority: Mapped[str]
    priority_given: Mapped[bool]
    severity: Mapped[str | None]
    subject: Mapped[str]
    body: Mapped[str]
    channel: Mapped[str]
    brand: Mapped[str | None]
    store_id: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    custom: Mapped[dict[str, Any]] = mapped_column(JSON)
    product: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    order: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    call_id: Mapped[str | None]
    assignee: Mapped[str | None]
    complaint: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    message_count: Mapped[int]
    first_response_due_at: Mapped[datetime] = mapped_column(_INSTANT)
    resolution_due_at: Mapped[datetime] = mapped_column(_INSTANT)
    first_responded_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    stopped_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    created_at: Mapped[datetime] = mapped_column(_INSTANT)
    updated_at: Mapped[datetime] = mapped_column(_INSTANT)

    @property
    def standing(self) -> Standing:
        """What the rules move: status, priority and clock."""
        clock = Clock(self.first_response_due_at, self.resolution_due_at, self.first_responded_at, self.stopped_at)
        return Standing(Status(self.status), Priority(self.priority), clock)

    @standing.setter
    def standing(self, standing: Standing) -> None:
        for name, value in rules.columns(standing).items():
            setattr(self, name, value)


class Message(Base):
    __tablename__ = "ticket_messages"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.uuidv7())
    ticket_id: Mapped[UUID]
    kind: Mapped[str]
    author_kind: Mapped[str]
    author: Mapped[str | None]
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(_INSTANT)
