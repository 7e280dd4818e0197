"""`/v1/shopping-lists` and `/v1/customers/{id}/shopping-list`."""

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.lists import repository, service
from campaign.lists.models import ShoppingListRow
from campaign.lists.schemas import NewShoppingLists, ShoppingList
from campaign.lists.sheet import Printing
from campaign.settings import Settings
from crmkit.web import concurrency, idempotency, media, paging, sessions
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from crmkit.work import jobs

router = api_router(tags=["shopping lists"], scope="campaigns")

Form = Annotated[
    Literal["json", "html", "pdf"] | None, Query(alias="format", description="default: what `Accept` prefers")
]
FORMS: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/html": {}, "application/pdf": {}}}}


@router.post("/shopping-lists", status_code=202, operation_id="create_shopping_lists", response_model=jobs.Job)
async def create_lists(body: NewShoppingLists, request: Request) -> Response:
    """Make every list of a campaign; asked again for the same day, it makes those that are missing."""
    settings: Settings = request.app.state.settings
    await service.require_scores(request.app.state.gateway, body.as_of)
    async with sessions.session(request) as session:
        job = await service.order_lists(session, body, service=settings.service)
        headers = {"Location": jobs.location(settings.service, job.id)}
        return await idempotency.kept(request, Response(job.model_dump_json(), 202, headers, media.JSON))


@router.get("/shopping-lists", operation_id="list_shopping_lists", response_model=paging.Page[ShoppingList])
async def list_lists(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    campaign_id: Annotated[UUID | None, Query()] = None,
    customer_id: Annotated[UUID | None, Query()] = None,
    as_of: Annotated[date | None, Query()] = None,
) -> Response:
    query = repository.list_lists(campaign_id=campaign_id, customer_id=customer_id, as_of=as_of)
    keys = {"id": ShoppingListRow.id}
    listing = paging.Listing(query, keys=keys, tie=ShoppingListRow.id, default="id", model=ShoppingList)
    return await paging.answer(request, session, page, listing)


@router.get("/shopping-lists/{id}", operation_id="get_shopping_list", response_model=ShoppingList, responses=FORMS)
async def get_list(id: UUID, request: Request, session: Session, form: Form = None) -> Response:
    return await _in_form(request, session, await service.get_list(session, id), form)


@router.get(
    "/customers/{id}/shopping-list",
    operation_id="get_customer_shopping_list",
    response_model=ShoppingList,
    responses=FORMS,
)
async def get_latest_list(id: UUID, request: Request, session: Session, form: Form = None) -> Response:
    """The customer's latest list."""
    return await _in_form(request, session, await service.get_latest_list(session, id), form)


async def _in_form(request: Request, session: AsyncSession, row: ShoppingListRow, form: str | None) -> Response:
    settings: Settings = request.app.state.settings
    printing = Printing(settings.locale, settings.zone)
    match form or _preferred(request.headers.get("accept", "")):
        case "pdf":
            response = await service.print_paper(session, row, printing)
        case "html":
            response = await service.print_page(session, row, printing)
        case _:
            response = service.answer(row)
    response.headers["Vary"] = "Accept"
    concurrency.tag(response, row.version)
    return response


def _preferred(accept: str) -> str:
    """The first of our forms that `Accept` names; a browser names HTML first."""
    named = [(accept.find(media), form) for media, form in (("text/html", "html"), ("application/pdf", "pdf"))]
    return min((each for each in named if each[0] >= 0), default=(0, "json"))[1]
