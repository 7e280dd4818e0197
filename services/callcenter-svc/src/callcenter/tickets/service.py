"""What happens to tickets: made, changed, answered, moved along."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.references import repository as references
from callcenter.references.rules import Cause, Handle
from callcenter.slas.repository import default_policy
from callcenter.slas.rules import Clock, Policy, Priority
from callcenter.tickets import fast, repository, rules, schemas
from callcenter.tickets.errors import ActionNotAllowed, NoComplaint
from callcenter.tickets.models import Message, Ticket
from callcenter.tickets.rules import Severity, Standing, Status, TicketType, Tier
from callcenter.tickets.schemas import NewAction, NewMessage, NewTicket, TicketPatch
from crmkit.data import audit, merge_patch
from crmkit.problems import Invalid
from crmkit.web import batches
from crmkit.web.told import Told


@dataclass(frozen=True, slots=True)
class Desk:
    """What every change of a ticket is made under: the promise, the way numbers are read, the present instant."""

    policy: Policy
    phone_region: str
    now: datetime


def new_row(ticket: NewTicket, desk: Desk) -> dict[str, Any]:
    """The row of a new ticket: as given, and as it stands for a customer of each tier."""
    standings = rules.opening(ticket.type, ticket.severity, ticket.priority, desk.policy, desk.now)
    handle = ticket.customer.handle(desk.phone_region) if ticket.customer else None
    columns = ticket.model_dump(mode="json", exclude={"customer"}) | {
        **rules.columns(standings[None]),
        "version": 1,
        "priority_given": ticket.priority is not None,
        "handle_kind": handle and handle.kind,
        "handle_value": handle and handle.value,
        "decided_by": "rule",
        "message_count": 0,
        "created_at": desk.now,
        "updated_at": desk.now,
    }
    others = {tier: rules.columns(one) for tier, one in standings.items() if tier and one != standings[None]}
    return fast.row(columns, others)


async def create_tickets(connection: asyncpg.Connection, items: list[Any], desk: Desk) -> bytes:
    """Make the valid ones by one statement; a `TicketResults` document, one result per item, in order."""
    read = [_read(item, desk) for item in items]
    rows = [row for row in read if isinstance(row, dict)]
    made = iter(await fast.insert_tickets(connection, rows) if rows else [])
    results = [_made(next(made)) if isinstance(row, dict) else _refused(row) for row in read]
    return b'{"data":[' + b",".join(results) + b"]}"


def _read(item: Any, desk: Desk) -> dict[str, Any] | Invalid:
    try:
        return new_row(batches.read_item(NewTicket, item), desk)
    except Invalid as problem:
        return problem


def _made(row: asyncpg.Record) -> bytes:
    return f'{{"status":201,"id":"{row["id"]}","ticket":{row["document"]}}}'.encode()


def _refused(problem: Invalid) -> bytes:
    return batches.refused(problem).model_dump_json(exclude_none=True).encode()


async def change_ticket(
    session: AsyncSession, ticket_id: UUID, patch: TicketPatch, desk: Desk, check: Callable[[int], None]
) -> Told:
    """Apply a merge patch to the version that `check` accepts."""
    ticket = await repository.lock_ticket(session, ticket_id)
    check(ticket.version)
    _set_fields(ticket, patch)
    if "customer" in patch.model_fields_set:
        handle = patch.customer.handle(desk.phone_region) if patch.customer else None
        await references.choose(session, ticket, handle)
    if patch.model_fields_set & {"priority", "severity", "customer"}:
        await _set_urgency(session, ticket, patch, desk)
    await audit.record(session, "patch_ticket", f"/v1/tickets/{ticket_id}")
    return await _changed(session, ticket, desk)


def _set_fields(ticket: Ticket, patch: TicketPatch) -> None:
    given = patch.model_dump(mode="json", exclude_unset=True, exclude={"customer", "priority"})
    for name, value in given.items():
        match name:
            case "complaint" if value is not None and ticket.type != TicketType.COMPLAINT:
                raise NoComplaint(f"This is of type {ticket.type}.")
            case "complaint":
                merged = merge_patch.merged(ticket.complaint, value)
                ticket.complaint = merged and batches.read_item(schemas.Complaint, merged).model_dump()
            case "custom":
                ticket.custom = merge_patch.merged(ticket.custom, value) or {}
            case _:
                setattr(ticket, name, [] if name == "tags" and value is None else value)


async def _set_urgency(session: AsyncSession, ticket: Ticket, patch: TicketPatch, desk: Desk) -> None:
    if "priority" in patch.model_fields_set:
        ticket.priority_given = patch.priority is not None
    severity = Severity(ticket.severity) if ticket.severity else None
    tier = await repository.tier_of(session, ticket.customer_id)
    standing = ticket.standing
    ruled = standing.priority if ticket.priority_given else rules.priority_of(TicketType(ticket.type), severity, tier)
    ticket.standing = rules.reprioritise(standing, patch.priority or ruled, desk.policy, desk.now)


async def act(
    session: AsyncSession, ticket_id: UUID, wanted: NewAction, desk: Desk, check: Callable[[int], None]
) -> Told:
    """Take the version that `check` accepts one step on. Raises ActionNotAllowed (409)."""
    ticket = await repository.lock_ticket(session, ticket_id)
    check(ticket.version)
    before = ticket.standing
    after = rules.act(before, wanted.action, desk.policy, desk.now)
    if after is None:
        raise ActionNotAllowed(wanted.action, before.status, rules.allowed_actions(before.status))
    ticket.standing = after
    if wanted.action is rules.Action.ESCALATE:
        ticket.priority_given = True  # or a late link or another severity would rule it away
    if wanted.assignee is not None:
        ticket.assignee = wanted.assignee
    await audit.record(session, f"{wanted.action}_ticket", f"/v1/tickets/{ticket_id}")
    return await _changed(session, ticket, desk)


async def add_message(
    session: AsyncSession, ticket_id: UUID, new: NewMessage, desk: Desk, check: Callable[[int], None]
) -> Told:
    """Add a reply or a note to the version that `check` accepts; a reply moves the ticket as its rules say."""
    ticket = await repository.lock_ticket(session, ticket_id)
    check(ticket.version)
    if new.kind == "reply":
        by_customer = new.author_kind == "customer"
        ticket.standing = rules.reply(ticket.standing, desk.policy, desk.now, by_customer=by_customer)
    ticket.message_count += 1
    await audit.record(session, "create_ticket_message", f"/v1/tickets/{ticket_id}")
    await _changed(session, ticket, desk)
    return await repository.add_message(session, ticket, Message(created_at=desk.now, **new.model_dump()))


async def link_tickets(connection: asyncpg.Connection, touched: Mapping[Handle, Cause], now: datetime) -> None:
    """Give unresolved tickets the customers that these names lead to now, and the priority that follows."""
    policy = await default_policy(connection)
    links = [_link(row, policy, now) for row in await repository.linkable(connection, touched)]
    if links:
        await repository.link(connection, links)


def _link(row: asyncpg.Record, policy: Policy, now: datetime) -> repository.Link:
    clock = Clock(row["first_response_due_at"], row["resolution_due_at"], row["first_responded_at"], row["stopped_at"])
    standing = Standing(Status(row["status"]), Priority(row["priority"]), clock)
    if not row["priority_given"]:
        severity = Severity(row["severity"]) if row["severity"] else None
        tier = Tier(row["tier"]) if row["tier"] else None
        standing = rules.recognise(standing, TicketType(row["type"]), severity, tier, policy, now)
    return repository.Link(
        id=row["id"],
        customer_id=row["customer_id"],
        resolution=row["resolution"],
        candidates=row["candidates"],
        priority=standing.priority,
        first_response_due_at=standing.clock.first_response_due_at,
        resolution_due_at=standing.clock.resolution_due_at,
        updated_at=now,
        causation_id=row["causation_id"],
        traceparent=row["traceparent"],
    )


async def _changed(session: AsyncSession, ticket: Ticket, desk: Desk) -> Told:
    ticket.updated_at = desk.now
    return await repository.save_ticket(session, ticket)
