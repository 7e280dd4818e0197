"""`/v1/scores` and `/v1/customers/{id}/scores`."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from crmkit.web import handles, media
from crmkit.web.paging import Page
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from segment.scores import repository, service
from segment.scores.errors import CustomerNotScored
from segment.scores.schemas import Score, ScoreQuery
from segment.scoring_models.schemas import DEFAULT
from segment.scoring_runs import service as scoring_runs
from segment.scoring_runs.schemas import AsOf, OfModel

router = api_router(tags=["scores"], scope="segments")

_BY_EXTERNAL_ID: Final = "select customer_id from customer_external_ids where source = $1 and external_id = $2"
CustomerId = Annotated[
    UUID, Depends(handles.resolving("customer", missing=CustomerNotScored, ext=_BY_EXTERNAL_ID), scope="function")
]


@router.get("/scores", operation_id="list_scores", response_model=Page[Score])
async def list_scores(request: Request, session: Session, asked: Annotated[ScoreQuery, Query()]) -> Response:
    run_id = await scoring_runs.asked_for(session, asked)
    return await repository.of_run(run_id).answer(request, session, asked, pin=run_id)


@router.get("/customers/{id}/scores", operation_id="get_customer_scores", response_model=Score)
async def get_customer_scores(
    id: CustomerId,
    session: Session,
    as_of: Annotated[AsOf, Query()] = None,
    model: Annotated[OfModel, Query()] = DEFAULT,
) -> Response:
    run_id = await scoring_runs.finished(session, model=model, as_of=as_of)
    return Response(await service.get(session, run_id, id), media_type=media.JSON)
