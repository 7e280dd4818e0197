"""`/v1/next-purchases` and `/v1/customers/{id}/next-purchases`."""

from typing import Annotated

from fastapi import Query, Request, Response

from crmkit.web.paging import Page
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from segment.next_purchases import repository
from segment.next_purchases.schemas import CustomerNextPurchaseQuery, NextPurchase, NextPurchaseQuery
from segment.scores import service as scores
from segment.scores.routes import CustomerId
from segment.scoring_runs import service as scoring_runs

router = api_router(tags=["next purchases"], scope="segments")


@router.get("/next-purchases", operation_id="list_next_purchases", response_model=Page[NextPurchase])
async def list_next_purchases(
    request: Request, session: Session, asked: Annotated[NextPurchaseQuery, Query()]
) -> Response:
    run_id = await scoring_runs.asked_for(session, asked)
    return await repository.of_run(run_id).answer(request, session, asked, pin=run_id)


@router.get(
    "/customers/{id}/next-purchases", operation_id="list_customer_next_purchases", response_model=Page[NextPurchase]
)
async def list_customer_next_purchases(
    id: CustomerId, request: Request, session: Session, asked: Annotated[CustomerNextPurchaseQuery, Query()]
) -> Response:
    run_id = await scoring_runs.asked_for(session, asked)
    await scores.get(session, run_id, id)
    return await repository.of_customer(run_id, id).answer(request, session, asked, pin=run_id)
