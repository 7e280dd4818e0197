"""Everything that happened with a customer in time order."""

from typing import Annotated

from fastapi import Query, Request, Response

from crmkit.web import routing
from crmkit.web.paging import Page
from crmkit.web.sessions import Session
from customer.references.paths import KnownCustomer
from customer.timeline.models import timeline
from customer.timeline.repository import TIMELINE
from customer.timeline.schemas import TimelineEntry, TimelineQuery

router = routing.router(tags=["timeline"], scope="customers")


@router.get("/customers/{id}/timeline", operation_id="list_customer_timeline", response_model=Page[TimelineEntry])
async def list_customer_timeline(
    request: Request, id: KnownCustomer, session: Session, asked: Annotated[TimelineQuery, Query()]
) -> Response:
    return await TIMELINE.where(timeline.c.customer_id == id).answer(request, session, asked)
