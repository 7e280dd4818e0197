"""What happens to tickets: made, changed, answered, moved along."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.references.rules import Cause, Handle
from callcenter.references.schemas import Ref
from callcenter.schemas import Told
from callcenter.slas.rules import Clock, Policy, Priority
from callcenter.tickets import fast, repository, rules, schemas
from callcenter.tickets.errors import ActionNotAllowed, NoComplaint
from callcenter.tickets.models import Message, Ticket
from callcenter.tickets.rules import Severity, Standing, Status, TicketType, Tier
from callcenter.tickets.schemas import NewAction, NewMessage, NewTicket, TicketPatch
from crmkit.data import audit, merge_patch
from crmkit.problems import Invalid
from crmkit.web import batches


@dataclass(frozen=True, slots=True)
class Desk:
    """What every change of a ticket is made under: the promise, the way numbers are read, the present instant."""

    policy: Policy
    phone_region: str
    now: datetime


def new_row(ticket: NewTicket, desk: Desk, place: int = 0) -> fast.NewRow:
    """The row of a new ticket. Raises Invalid (422) when its customer's phone can be no telephone number."""
    handle = ticket.customer.handle(desk.phone_region) if ticket.customer else None
    return fast.new_row(ticket, handle, desk.policy, desk.now, place)


async def create_tickets(session: AsyncSession, items: list[Any], desk: Desk) -> bytes:
    """Make the valid ones by one statement; a `TicketResults` document, one result per item, in order."""
    read = [_read(item, desk, place) for place, item in enumerate(items)]
    rows = [row for row in read if isinstance(row, fast.NewRow)]
    made = iter(await fast.insert_tickets(session, rows) if rows else [])
    results = [_made(next(made)) if isinstance(row, fast.NewRow) else _refused(row) for row in read]
    return b'{"data":[' + b",".join(results) + b"]}"


def _read(item: Any, desk: Desk, place: int) -> fast.NewRow | Invalid:
    try:
        return new_row(batches.read_item(NewTicket, item), desk, place)
    except Invalid as problem:
        return problem


def _made(document: str) -> bytes:
    return b'{"status":201,"ticket":' + document.encode() + b"}"


def _refused(problem: Invalid) -> bytes:
    told = {"code": problem.code, "detail": problem.detail, "errors": problem.errors}
    return msgspec.json.encode({"status": problem.status, "problem": told})


async def change_ticket(
    session: AsyncSession, ticket_id: UUID, patch: TicketPatch, desk: Desk, check: Callable[[int], None]
) -> Told:
    """Apply a merge patch to the version that `check` accepts."""
    ticket = await repository.lock_ticket(session, ticket_id)
    check(ticket.version)
    _set_fields(ticket, patch)
    if patch.model_fields_set & {"priority", "severity"}:
        await _set_urgency(session, ticket, patch, desk)
    await audit.record(session, "patch_ticket", f"/v1/tickets/{ticket_id}")
    return await _changed(session, ticket, desk)


def _set_fields(ticket: Ticket, patch: TicketPatch) -> None:
    given = patch.model_dump(mode="json", exclude_unset=True, exclude={"priority", "severity"})
    for name, value in given.items():
        match name:
            case "complaint" if value is not None and ticket.type != TicketType.COMPLAINT:
                raise NoComplaint(f"This is of type {ticket.type}.")
            case "complaint":
                merged = merge_patch.merged(ticket.complaint, value)
                ticket.complaint = merged and schemas.Complaint.model_validate(merged).model_dump()
            case "custom":
                ticket.custom = merge_patch.merged(ticket.custom, value) or {}
            case "product" | "order":
                reference: Ref | None = getattr(patch, name)
                setattr(ticket, name, reference and reference.as_given())
            case "tags":
                ticket.tags = value or []
            case _:
                setattr(ticket, name, value)


async def _set_urgency(session: AsyncSession, ticket: Ticket, patch: TicketPatch, desk: Desk) -> None:
    if "severity" in patch.model_fields_set:
        ticket.severity = patch.severity
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


async def add_message(session: AsyncSession, ticket_id: UUID, new: NewMessage, desk: Desk) -> schemas.Message:
    """Add a reply or a note; a reply moves the ticket as its rules say."""
    ticket = await repository.lock_ticket(session, ticket_id)
    if new.kind == "reply":
        by_customer = new.author_kind == "customer"
        ticket.standing = rules.reply(ticket.standing, desk.policy, desk.now, by_customer=by_customer)
    ticket.message_count += 1
    message = Message(ticket_id=ticket.id, created_at=desk.now, **new.model_dump())
    session.add(message)
    await audit.record(session, "create_ticket_message", f"/v1/tickets/{ticket_id}")
    await _changed(session, ticket, desk)
    return schemas.Message.model_validate(message)


async def link_tickets(
    connection: asyncpg.Connection, touched: Mapping[Handle, Cause], policy: Policy, now: datetime
) -> None:
    """Give unresolved tickets the customers that these names lead to now, and the priority that follows."""
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
