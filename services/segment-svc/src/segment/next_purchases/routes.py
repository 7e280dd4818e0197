"""`/v1/next-purchases` and `/v1/customers/{id}/next-purchases`."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response

from crmkit.web import paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from segment.next_purchases import repository
from segment.next_purchases.schemas import NextPurchase
from segment.scores import service as scores
from segment.scores.routes import AsOf
from segment.scoring_runs import service as scoring_runs

router = api_router(tags=["next purchases"], scope="segments")


@router.get("/next-purchases", operation_id="list_next_purchases", response_model=paging.Page[NextPurchase])
async def list_next_purchases(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    as_of: AsOf = None,
    product_type: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    documents = repository.of_run(await scoring_runs.finished(session, as_of=as_of))
    listing = paging.Listing(
        repository.list_next_purchases(documents, product_type),
        keys={"customer_id": documents.c.customer_id},
        tie=documents.c.rank,
        default="customer_id",
        model=NextPurchase,
        document=documents.c.body,
    )
    return await paging.answer(request, session, page, listing)


@router.get(
    "/customers/{id}/next-purchases",
    operation_id="list_customer_next_purchases",
    response_model=paging.Page[NextPurchase],
)
async def list_customer_next_purchases(
    id: Annotated[UUID, Path()], request: Request, session: Session, page: paging.PageQuery, as_of: AsOf = None
) -> Response:
    run_id = await scoring_runs.finished(session, as_of=as_of)
    await scores.get(session, run_id, id)
    documents = repository.of_run(run_id)
    listing = paging.Listing(
        repository.list_of_customer(documents, id),
        keys={"rank": documents.c.rank},
        tie=documents.c.rank,
        default="rank",
        model=NextPurchase,
        document=documents.c.body,
    )
    return await paging.answer(request, session, page, listing)
