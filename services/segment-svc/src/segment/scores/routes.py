"""`/v1/scores` and `/v1/customers/{id}/scores`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response

from crmkit.web import paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from segment.scores import repository, schemas, service
from segment.scores.schemas import Score, ScoreFilter
from segment.scoring_models.schemas import DEFAULT, ModelName
from segment.scoring_runs import service as scoring_runs

router = api_router(tags=["scores"], scope="segments")

Model = Annotated[ModelName, Query(description="whose runs; all but `default` are trials")]
AsOf = Annotated[date | None, Query(description="the latest finished run of this day; left out, the current run")]
Amount = Annotated[int | None, Query(ge=-(10**15), le=10**15, description="minor units")]
Count = Annotated[int | None, Query(ge=0, le=10**9)]


def _filter(
    tier: Annotated[schemas.Tier | None, Query()] = None,
    abc: Annotated[schemas.Abc | None, Query()] = None,
    svcd: Annotated[schemas.Svcd | None, Query()] = None,
    stage: Annotated[schemas.Stage | None, Query()] = None,
    state: Annotated[schemas.State | None, Query()] = None,
    stability: Annotated[schemas.Stability | None, Query()] = None,
    cell: Annotated[str | None, Query(pattern=r"^R\d{1,3}F\d{1,3}M\d{1,3}$", examples=["R5F4M5"])] = None,
    weekly_spend_gte: Amount = None,
    weekly_spend_lt: Amount = None,
    revenue_amount_gte: Amount = None,
    revenue_amount_lt: Amount = None,
    order_count_gte: Count = None,
    order_count_lt: Count = None,
    recency_days_gte: Count = None,
    recency_days_lt: Count = None,
) -> ScoreFilter:
    return ScoreFilter(**locals())


@router.get("/scores", operation_id="list_scores", response_model=paging.Page[Score])
async def list_scores(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    wanted: Annotated[ScoreFilter, Depends(_filter)],
    as_of: AsOf = None,
    model: Model = DEFAULT,
) -> Response:
    documents = repository.of_run(await scoring_runs.finished(session, model=model, as_of=as_of))
    columns = documents.c
    listing = paging.Listing(
        repository.list_scores(documents, wanted),
        keys={name: columns[name] for name in ("customer_id", "weekly_spend", "revenue_amount", "order_count")},
        tie=columns.customer_id,
        default="customer_id",
        model=Score,
        document=columns.body,
    )
    return await paging.answer(request, session, page, listing)


@router.get("/customers/{id}/scores", operation_id="get_customer_scores", response_model=Score)
async def get_customer_scores(
    id: Annotated[UUID, Path()], session: Session, as_of: AsOf = None, model: Model = DEFAULT
) -> Response:
    run_id = await scoring_runs.finished(session, model=model, as_of=as_of)
    return Response(await service.get(session, run_id, id), media_type="application/json")
