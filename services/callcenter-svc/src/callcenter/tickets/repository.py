"""Tickets in the database, other than the hot path."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Text, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.schemas import Told
from callcenter.tickets.errors import TicketNotFound
from callcenter.tickets.fast import ticket_json
from callcenter.tickets.models import Message, Ticket
from callcenter.tickets.rules import Tier
from crmkit import outbox

DOCUMENT: Final = literal_column(f"{ticket_json('tickets')}::text", Text).label("document")


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
    """The filtered tickets, as told."""
    query = select(DOCUMENT)
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


async def read_ticket(session: AsyncSession, ticket_id: UUID) -> Told:
    """The ticket as told. Raises TicketNotFound."""
    row = (await session.execute(select(DOCUMENT, Ticket.version).where(Ticket.id == ticket_id))).one_or_none()
    if row is None:
        raise TicketNotFound(ticket_id)
    return Told(row.document, row.version)


async def lock_ticket(session: AsyncSession, ticket_id: UUID) -> Ticket:
    """The ticket, its row locked until the end of the transaction. Raises TicketNotFound."""
    ticket = await session.get(Ticket, ticket_id, with_for_update=True)
    if ticket is None:
        raise TicketNotFound(ticket_id)
    return ticket


async def save_ticket(session: AsyncSession, ticket: Ticket) -> Told:
    """Write a locked ticket's changes as its next version, with the event; the ticket as told."""
    ticket.version += 1
    await session.flush()
    told = await read_ticket(session, ticket.id)
    data = told.document.encode()
    await outbox.emit(session, noun="ticket", verb="updated", id=ticket.id, data=data, subject=ticket.customer_id)
    return told


async def tier_of(session: AsyncSession, customer_id: UUID | None) -> Tier | None:
    """The customer's step of the pyramid, as far as it has been told."""
    if customer_id is None:
        return None
    tier = await session.scalar(
        text("select tier from customer_scores where customer_id = :customer_id"), {"customer_id": customer_id}
    )
    return Tier(tier) if tier else None
