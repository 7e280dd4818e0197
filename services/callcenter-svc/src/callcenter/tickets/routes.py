"""The service desk's endpoints."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from callcenter.slas.rules import Priority
from callcenter.slas.service import current_policy
from callcenter.tickets import fast, models, repository, schemas, service
from callcenter.tickets.repository import Filter
from callcenter.tickets.rules import Status, TicketType
from callcenter.tickets.schemas import NewAction, NewMessage, NewTicket, NewTickets, TicketPatch
from callcenter.tickets.service import Desk
from crmkit.data.instants import Instant
from crmkit.web import concurrency, hot, media, paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session, Transaction

router = api_router(tags=["tickets"], scope="tickets")
hot_router = hot.router(tags=["tickets"], scope="tickets")


async def _desk(request: Request) -> Desk:
    return Desk(await current_policy(request), request.app.state.settings.phone_region, datetime.now(UTC))


AtDesk = Annotated[Desk, Depends(_desk)]


def _filter(
    status: Status | None = None,
    type: TicketType | None = None,
    priority: Priority | None = None,
    customer_id: UUID | None = None,
    resolution: Annotated[str | None, Query(pattern="^(resolved|pending|ambiguous)$")] = None,
    call_id: str | None = None,
    store_id: str | None = None,
    assignee: str | None = None,
    tag: str | None = None,
    created_at_gte: Instant | None = None,
    created_at_lt: Instant | None = None,
) -> Filter:
    return Filter(
        status, type, priority, customer_id, resolution, call_id, store_id, assignee, tag, created_at_gte, created_at_lt
    )


@hot_router.post("/tickets", status_code=201, operation_id="create_ticket", response_model=schemas.Ticket)
async def create_ticket(body: NewTicket, request: Request) -> Response:
    """Open a ticket. A customer not known yet is linked as soon as the name given leads to one."""
    return await fast.insert_ticket(request, service.new_row(body, await _desk(request)))


@router.post("/tickets/batch", operation_id="create_tickets", response_model=schemas.TicketResults)
async def create_tickets(body: NewTickets, desk: AtDesk, connection: Transaction) -> Response:
    """Open up to 1,000 tickets; the wrong ones are told, the others are made."""
    return Response(await service.create_tickets(connection, body.items, desk), media_type=media.JSON)


@router.get("/tickets", operation_id="list_tickets", response_model=paging.Page[schemas.Ticket])
async def list_tickets(
    request: Request, session: Session, page: paging.PageQuery, chosen: Annotated[Filter, Depends(_filter)]
) -> Response:
    return await _answer_list(request, session, page, chosen)


@router.get(
    "/customers/{customer_id}/tickets",
    operation_id="list_customer_tickets",
    response_model=paging.Page[schemas.Ticket],
)
async def list_customer_tickets(
    customer_id: UUID, request: Request, session: Session, page: paging.PageQuery
) -> Response:
    return await _answer_list(request, session, page, Filter(customer_id=customer_id))


async def _answer_list(request: Request, session: Session, page: paging.PageQuery, chosen: Filter) -> Response:
    listing = paging.Listing(
        repository.tickets(chosen),
        keys={"created_at": models.Ticket.created_at},
        tie=models.Ticket.id,
        default="-created_at",
        model=schemas.Ticket,
        document=repository.DOCUMENT,
    )
    return await paging.answer(request, session, page, listing)


@router.get("/tickets/{ticket_id}", operation_id="get_ticket", response_model=schemas.Ticket)
async def get_ticket(ticket_id: UUID, session: Session) -> Response:
    return (await repository.read_ticket(session, ticket_id)).answer()


@router.patch("/tickets/{ticket_id}", operation_id="update_ticket", response_model=schemas.Ticket)
async def update_ticket(
    ticket_id: UUID, body: TicketPatch, request: Request, desk: AtDesk, session: Session
) -> Response:
    check = partial(concurrency.check, request)
    return (await service.change_ticket(session, ticket_id, body, desk, check)).answer()


@router.post(
    "/tickets/{ticket_id}/actions",
    operation_id="act_on_ticket",
    response_model=schemas.Ticket,
    openapi_extra=concurrency.IF_MATCH,
)
async def act_on_ticket(ticket_id: UUID, body: NewAction, request: Request, desk: AtDesk, session: Session) -> Response:
    """Take the ticket one step on: open, pend, hold, solve, close, reopen, assign or escalate."""
    check = partial(concurrency.check, request)
    return (await service.act(session, ticket_id, body, desk, check)).answer()


@router.post(
    "/tickets/{ticket_id}/messages",
    status_code=201,
    operation_id="create_ticket_message",
    response_model=schemas.Message,
    openapi_extra=concurrency.IF_MATCH,
)
async def create_ticket_message(
    ticket_id: UUID, body: NewMessage, request: Request, desk: AtDesk, session: Session
) -> Response:
    """Reply or note; a customer's reply reopens a ticket that waited, was solved or closed."""
    check = partial(concurrency.check, request)
    told = await service.add_message(session, ticket_id, body, desk, check)
    return Response(told.document, 201, media_type=media.JSON)


@router.get(
    "/tickets/{ticket_id}/messages",
    operation_id="list_ticket_messages",
    response_model=paging.Page[schemas.Message],
)
async def list_ticket_messages(ticket_id: UUID, request: Request, session: Session, page: paging.PageQuery) -> Response:
    await repository.read_ticket(session, ticket_id)
    listing = paging.Listing(
        repository.messages(ticket_id),
        keys={"created_at": models.Message.created_at},
        tie=models.Message.id,
        default="created_at",
        model=schemas.Message,
        document=repository.MESSAGE_DOCUMENT,
    )
    return await paging.answer(request, session, page, listing)
