"""Everything that happened with a customer in time order."""

from fastapi import Request, Response

from crmkit.web import paging, routing
from crmkit.web.sessions import Session
from customer.references.paths import KnownCustomer
from customer.timeline import repository
from customer.timeline.schemas import TimelineEntry

router = routing.router(tags=["timeline"], scope="customers")


@router.get(
    "/customers/{id}/timeline", operation_id="list_customer_timeline", response_model=paging.Page[TimelineEntry]
)
async def list_customer_timeline(
    request: Request, id: KnownCustomer, session: Session, page: paging.PageQuery
) -> Response:
    return await paging.answer(request, session, page, repository.timeline_of(id))
