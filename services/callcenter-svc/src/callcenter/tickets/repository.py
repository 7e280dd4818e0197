"""Tickets in the database, other than the hot path."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.tickets.errors import TicketNotFound
from callcenter.tickets.models import Message, Ticket
from callcenter.tickets.rules import Tier


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tickets a list shows; None leaves a field free."""

    status: str | None = None
    type: str | None = None
    priority: str | None = None
    customer_id: UUID | None = None
    resolution: str | None = None
    call_id: str | None = None
    store_id: str | None = None
    assignee: str | None = None
    tag: str | None = None
    created_at_gte: datetime | None = None
    created_at_lt: datetime | None = None


def tickets(chosen: Filter) -> Select[Any]:
    """The filtered tickets."""
    query = select(Ticket)
    for name in ("status", "type", "priority", "customer_id", "resolution", "call_id", "store_id", "assignee"):
        if (value := getattr(chosen, name)) is not None:
            query = query.where(getattr(Ticket, name) == value)
    if chosen.tag is not None:
        query = query.where(Ticket.tags.contains([chosen.tag]))
    if chosen.created_at_gte is not None:
        query = query.where(Ticket.created_at >= chosen.created_at_gte)
    if chosen.created_at_lt is not None:
        query = query.where(Ticket.created_at < chosen.created_at_lt)
    return query


def messages(ticket_id: UUID) -> Select[Any]:
    """A ticket's messages."""
    return select(Message).where(Message.ticket_id == ticket_id)


async def get_ticket(session: AsyncSession, ticket_id: UUID, *, lock: bool = False) -> Ticket:
    """The ticket, its row locked until the end of the transaction when asked. Raises TicketNotFound."""
    ticket = await session.get(Ticket, ticket_id, with_for_update=lock or None)
    if ticket is None:
        raise TicketNotFound(ticket_id)
    return ticket


async def tier_of(session: AsyncSession, customer_id: UUID | None) -> Tier | None:
    """The customer's step of the pyramid, as far as it has been told."""
    if customer_id is None:
        return None
    tier = await session.scalar(
        text("select tier from customer_scores where customer_id = :customer_id"), {"customer_id": customer_id}
    )
    return Tier(tier) if tier else None
