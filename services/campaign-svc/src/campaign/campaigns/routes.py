"""`/v1/campaigns`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from campaign.campaigns import repository, service
from campaign.campaigns.models import BudgetEntryRow, CampaignRow
from campaign.campaigns.rules import CampaignStatus
from campaign.campaigns.schemas import Budget, BudgetEntry, Campaign, CampaignPatch, CampaignQuery, NewCampaign
from campaign.lookups import show
from campaign.offers.schemas import Offer, OfferQuery
from crmkit.web import concurrency, paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session

router = api_router(tags=["campaigns"], scope="campaigns")


async def _hold(id: UUID, request: Request, session: Session) -> CampaignRow:
    """The campaign, locked, in the version that the caller read."""
    row = await service.get_campaign(session, id, lock=True)
    concurrency.check(request, row.version)
    return row


HeldCampaign = Annotated[CampaignRow, Depends(_hold)]


@router.post("/campaigns", status_code=201, operation_id="create_campaign", response_model=Campaign)
async def create_campaign(body: NewCampaign, request: Request, session: Session) -> Response:
    id, told = await service.create_campaign(session, body, currency=request.app.state.settings.currency)
    return told.answer(location=f"/v1/campaigns/{id}")


@router.get("/campaigns", operation_id="list_campaigns", response_model=paging.Page[Campaign])
async def list_campaigns(request: Request, session: Session, asked: Annotated[CampaignQuery, Query()]) -> Response:
    return await repository.CAMPAIGNS.answer(request, session, asked)


@router.get("/campaigns/{id}", operation_id="get_campaign", response_model=Campaign)
async def get_campaign(id: UUID, session: Session) -> Response:
    return (await show(session, "campaign", await service.get_campaign(session, id))).answer()


@router.patch("/campaigns/{id}", operation_id="update_campaign", response_model=Campaign)
async def update_campaign(held: HeldCampaign, body: CampaignPatch, session: Session) -> Response:
    return (await service.change_campaign(session, held, body)).answer()


@router.post(
    "/campaigns/{id}/launch",
    operation_id="launch_campaign",
    openapi_extra=concurrency.IF_MATCH,
    response_model=Campaign,
)
async def launch_campaign(held: HeldCampaign, session: Session) -> Response:
    return (await service.move_campaign(session, held, CampaignStatus.LAUNCHED)).answer()


@router.post(
    "/campaigns/{id}/pause", operation_id="pause_campaign", openapi_extra=concurrency.IF_MATCH, response_model=Campaign
)
async def pause_campaign(held: HeldCampaign, session: Session) -> Response:
    """Until it is launched again nothing is issued, and none of its coupons redeems."""
    return (await service.move_campaign(session, held, CampaignStatus.PAUSED)).answer()


@router.post(
    "/campaigns/{id}/end", operation_id="end_campaign", openapi_extra=concurrency.IF_MATCH, response_model=Campaign
)
async def end_campaign(held: HeldCampaign, session: Session) -> Response:
    """For good: nothing is issued any more, and its coupons are void, but for those that a checkout holds right now."""
    return (await service.move_campaign(session, held, CampaignStatus.ENDED)).answer()


@router.get("/campaigns/{id}/offers", operation_id="list_campaign_offers", response_model=paging.Page[Offer])
async def list_campaign_offers(
    id: UUID, request: Request, session: Session, asked: Annotated[OfferQuery, Query()]
) -> Response:
    """Those it names, or every current one."""
    campaign = await service.get_campaign(session, id)
    return await repository.offers_of(campaign).answer(request, session, asked)


@router.get("/campaigns/{id}/budget", operation_id="get_campaign_budget")
async def get_budget(id: UUID, session: Session) -> Budget:
    return Budget.model_validate(await service.get_budget(session, id), from_attributes=True)


@router.get(
    "/campaigns/{id}/budget/entries",
    operation_id="list_campaign_budget_entries",
    response_model=paging.Page[BudgetEntry],
)
async def list_budget_entries(id: UUID, request: Request, session: Session, page: paging.PageQuery) -> Response:
    await service.get_campaign(session, id)
    listing = paging.Listing(
        repository.list_entries(id),
        keys={"created_at": BudgetEntryRow.created_at},
        tie=BudgetEntryRow.id,
        default="created_at",
        model=BudgetEntry,
    )
    return await paging.answer(request, session, page, listing)
