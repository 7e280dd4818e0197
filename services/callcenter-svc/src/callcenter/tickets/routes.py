"""The service desk's endpoints."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from callcenter.references.paths import CustomerId
from callcenter.slas.service import current_policy
from callcenter.tickets import fast, models, repository, schemas, service
from callcenter.tickets.errors import TicketNotFound
from callcenter.tickets.repository import MESSAGES, TICKETS
from callcenter.tickets.schemas import (
    MessageQuery,
    NewAction,
    NewMessage,
    NewTicket,
    NewTickets,
    TicketPatch,
    TicketQuery,
)
from callcenter.tickets.service import Desk
from crmkit.web import concurrency, handles, hot, media
from crmkit.web.paging import Page
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session, Transaction

router = api_router(tags=["tickets"], scope="tickets")
hot_router = hot.router(tags=["tickets"], scope="tickets")


async def _desk(request: Request) -> Desk:
    return Desk(await current_policy(request), request.app.state.settings.phone_region, datetime.now(UTC))


TicketId = Annotated[
    UUID,
    Depends(
        handles.resolving(
            "ticket", missing=TicketNotFound, no="select id from tickets where number = $1", parameter="ticket_id"
        )
    ),
]
AtDesk = Annotated[Desk, Depends(_desk)]


@hot_router.post("/tickets", status_code=201, operation_id="create_ticket", response_model=schemas.Ticket)
async def create_ticket(body: NewTicket, request: Request) -> Response:
    """Open a ticket. A customer not known yet is linked as soon as the name given leads to one."""
    return await fast.insert_ticket(request, service.new_row(body, await _desk(request)))


@router.post("/tickets/batch", operation_id="create_tickets", response_model=schemas.TicketResults)
async def create_tickets(body: NewTickets, desk: AtDesk, connection: Transaction) -> Response:
    """Open up to 1,000 tickets; the wrong ones are told, the others are made."""
    return Response(await service.create_tickets(connection, body.items, desk), media_type=media.JSON)


@router.get("/tickets", operation_id="list_tickets", response_model=Page[schemas.Ticket])
async def list_tickets(request: Request, session: Session, asked: Annotated[TicketQuery, Query()]) -> Response:
    return await TICKETS.answer(request, session, asked)


@router.get(
    "/customers/{customer_id}/tickets", operation_id="list_customer_tickets", response_model=Page[schemas.Ticket]
)
async def list_customer_tickets(
    customer_id: CustomerId, request: Request, session: Session, asked: Annotated[TicketQuery, Query()]
) -> Response:
    return await TICKETS.where(models.Ticket.customer_id == customer_id).answer(request, session, asked)


@router.get("/tickets/{ticket_id}", operation_id="get_ticket", response_model=schemas.Ticket)
async def get_ticket(ticket_id: TicketId, session: Session) -> Response:
    return (await repository.read_ticket(session, ticket_id)).answer()


@router.patch("/tickets/{ticket_id}", operation_id="update_ticket", response_model=schemas.Ticket)
async def update_ticket(
    ticket_id: TicketId, body: TicketPatch, request: Request, desk: AtDesk, session: Session
) -> Response:
    check = partial(concurrency.check, request)
    return (await service.change_ticket(session, ticket_id, body, desk, check)).answer()


@router.post(
    "/tickets/{ticket_id}/actions",
    operation_id="act_on_ticket",
    response_model=schemas.Ticket,
    openapi_extra=concurrency.IF_MATCH,
)
async def act_on_ticket(
    ticket_id: TicketId, body: NewAction, request: Request, desk: AtDesk, session: Session
) -> Response:
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
    ticket_id: TicketId, body: NewMessage, request: Request, desk: AtDesk, session: Session
) -> Response:
    """Reply or note; a customer's reply reopens a ticket that waited, was solved or closed."""
    check = partial(concurrency.check, request)
    told = await service.add_message(session, ticket_id, body, desk, check)
    return Response(told.document, 201, media_type=media.JSON)


@router.get("/tickets/{ticket_id}/messages", operation_id="list_ticket_messages", response_model=Page[schemas.Message])
async def list_ticket_messages(
    ticket_id: TicketId, request: Request, session: Session, asked: Annotated[MessageQuery, Query()]
) -> Response:
    await repository.read_ticket(session, ticket_id)
    return await MESSAGES.where(models.Message.ticket_id == ticket_id).answer(request, session, asked)
