"""Tickets in the database, other than the hot path."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import Text, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.projections.repository import summaries
from callcenter.references import repository as references
from callcenter.references.rules import Cause, Handle
from callcenter.tickets import schemas
from callcenter.tickets.errors import TicketNotFound
from callcenter.tickets.models import Message, Ticket
from callcenter.tickets.rules import Tier
from callcenter.tickets.schemas import MessageQuery, TicketQuery
from crmkit.events import outbox
from crmkit.web import lists
from crmkit.web.told import Told

DOCUMENT: Final = literal_column("ticket_document(tickets)::text", Text).label("document")
MESSAGE_DOCUMENT: Final = literal_column("ticket_message_document(ticket_messages)::text", Text).label("document")

_TIER: Final = "left join customer_scores as score on score.customer_id = found.customer_id"
_LINKABLE: Final = f"""
select noun.id, noun.type, noun.severity, noun.status, noun.priority, noun.priority_given, noun.first_response_due_at,
    noun.resolution_due_at, noun.first_responded_at, noun.stopped_at, found.*, score.tier,
    touched.causation_id, touched.traceparent
{references.unresolved("tickets", unless="noun.status = 'closed'", joins=_TIER)}
"""
_LINK: Final = f"""
with given as (
    select * from json_to_recordset($2::json) as given(id uuid, customer_id uuid, resolution text, candidates uuid[],
        priority text, first_response_due_at timestamptz, resolution_due_at timestamptz, updated_at timestamptz,
        causation_id text, traceparent text)
), linked as (
    update tickets as noun set customer_id = given.customer_id, resolution = given.resolution,
        candidates = given.candidates, priority = given.priority,
        first_response_due_at = given.first_response_due_at, resolution_due_at = given.resolution_due_at,
        version = noun.version + 1, updated_at = given.updated_at
    from given where noun.id = given.id
    returning noun.id, noun.customer_id, ticket_document(noun) as document, given.causation_id, given.traceparent
)
{references.telling("ticket", rows="linked", origin="$1")}
"""

_BLANK: Final = "subject = '', body = '', custom = '{}', complaint = null"
_SILENCED: Final = """
silenced as (
    update ticket_messages set body = '', author = null from tickets
    where tickets.id = ticket_id and tickets.customer_id = any($1::uuid[])
),
"""
ERASE: Final = references.erasing("tickets", "ticket", beside=_SILENCED, blank=_BLANK)


TICKETS: Final = lists.List(
    select(DOCUMENT).select_from(Ticket),
    TicketQuery,
    columns=Ticket.__table__.c,
    named={"tag": Ticket.tags},
    model=schemas.Ticket,
    document=DOCUMENT,
    expand={"customer": summaries},
)
MESSAGES: Final = lists.List(
    select(MESSAGE_DOCUMENT).select_from(Message),
    MessageQuery,
    columns=Message.__table__.c,
    model=schemas.Message,
    document=MESSAGE_DOCUMENT,
)


async def read_ticket(session: AsyncSession, ticket_id: UUID) -> Told:
    """The ticket as told. Raises TicketNotFound."""
    row = (await session.execute(select(DOCUMENT, Ticket.version).where(Ticket.id == ticket_id))).one_or_none()
    if row is None:
        raise TicketNotFound(f"No ticket has the id {ticket_id}.")
    return Told(row.document, row.version)


async def lock_ticket(session: AsyncSession, ticket_id: UUID) -> Ticket:
    """The ticket, its row locked until the end of the transaction. Raises TicketNotFound."""
    ticket = await session.get(Ticket, ticket_id, with_for_update=True)
    if ticket is None:
        raise TicketNotFound(f"No ticket has the id {ticket_id}.")
    return ticket


async def save_ticket(session: AsyncSession, ticket: Ticket) -> Told:
    """Write a locked ticket's changes as its next version, with the event; the ticket as told."""
    ticket.version += 1
    await session.flush()
    told = await read_ticket(session, ticket.id)
    data = told.document.encode()
    await outbox.emit(session, noun="ticket", verb="updated", id=ticket.id, data=data, subject=ticket.customer_id)
    return told


async def add_message(session: AsyncSession, ticket: Ticket, message: Message) -> Told:
    """Add a message to a locked ticket, with the event a channel delivers it by; the message as told."""
    message.ticket_id = ticket.id
    session.add(message)
    await session.flush()
    document = await session.scalar(select(MESSAGE_DOCUMENT).select_from(Message).where(Message.id == message.id))
    assert document is not None
    await outbox.emit(
        session,
        noun="ticket_message",
        verb="created",
        id=message.id,
        data=document.encode(),
        subject=ticket.customer_id,
    )
    return Told(document, 1)


async def tier_of(session: AsyncSession, customer_id: UUID | None) -> Tier | None:
    """The customer's step of the pyramid, as far as it has been told."""
    if customer_id is None:
        return None
    tier = await session.scalar(
        text("select tier from customer_scores where customer_id = :customer_id"), {"customer_id": customer_id}
    )
    return Tier(tier) if tier else None


class Link(msgspec.Struct, kw_only=True):
    """A ticket's customer as found late, and what that makes of its priority and promises."""

    id: UUID
    customer_id: UUID | None
    resolution: str
    candidates: list[UUID]
    priority: str
    first_response_due_at: datetime
    resolution_due_at: datetime
    updated_at: datetime
    causation_id: str | None
    traceparent: str | None


async def linkable(connection: asyncpg.Connection, touched: Mapping[Handle, Cause]) -> list[asyncpg.Record]:
    """Unresolved tickets under these names that have another answer now, locked, with the customer's tier."""
    return list(await connection.fetch(_LINKABLE, *references.touched_columns(touched)))


async def link(connection: asyncpg.Connection, links: Sequence[Link]) -> None:
    """Link locked tickets, each with its event."""
    await connection.execute(_LINK, outbox.origin(), msgspec.json.encode(links).decode())
