"""`/v1/campaigns`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.campaigns import repository, service
from campaign.campaigns.models import BudgetEntryRow, CampaignRow
from campaign.campaigns.rules import CampaignStatus
from campaign.campaigns.schemas import Budget, BudgetEntry, Campaign, CampaignPatch, NewCampaign
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


@router.post("/campaigns", status_code=201, operation_id="create_campaign")
async def create_campaign(body: NewCampaign, request: Request, session: Session, response: Response) -> Campaign:
    campaign = await service.create_campaign(session, body, currency=request.app.state.settings.currency)
    concurrency.tag(response, campaign.version)
    return campaign


@router.get("/campaigns", operation_id="list_campaigns", response_model=paging.Page[Campaign])
async def list_campaigns(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    status: Annotated[CampaignStatus | None, Query()] = None,
) -> Response:
    query = repository.list_campaigns()
    if status is not None:
        query = query.where(CampaignRow.status == status)
    listing = paging.Listing(
        query,
        keys={"created_at": CampaignRow.created_at, "starts_at": CampaignRow.starts_at},
        tie=CampaignRow.id,
        default="-created_at",
        model=Campaign,
    )
    return await paging.answer(request, session, page, listing)


@router.get("/campaigns/{id}", operation_id="get_campaign")
async def get_campaign(id: UUID, session: Session, response: Response) -> Campaign:
    row = await service.get_campaign(session, id)
    concurrency.tag(response, row.version)
    return Campaign.model_validate(row, from_attributes=True)


@router.patch("/campaigns/{id}", operation_id="update_campaign")
async def update_campaign(held: HeldCampaign, body: CampaignPatch, session: Session, response: Response) -> Campaign:
    campaign = await service.change_campaign(session, held, body)
    concurrency.tag(response, campaign.version)
    return campaign


@router.post("/campaigns/{id}/launch", operation_id="launch_campaign", openapi_extra=concurrency.IF_MATCH)
async def launch_campaign(held: HeldCampaign, session: Session, response: Response) -> Campaign:
    return await _move(held, CampaignStatus.LAUNCHED, session, response)


@router.post("/campaigns/{id}/pause", operation_id="pause_campaign", openapi_extra=concurrency.IF_MATCH)
async def pause_campaign(held: HeldCampaign, session: Session, response: Response) -> Campaign:
    """Until it is launched again nothing is issued, and none of its coupons redeems."""
    return await _move(held, CampaignStatus.PAUSED, session, response)


@router.post("/campaigns/{id}/end", operation_id="end_campaign", openapi_extra=concurrency.IF_MATCH)
async def end_campaign(held: HeldCampaign, session: Session, response: Response) -> Campaign:
    """For good: nothing is issued any more, and its coupons are void, but for those that a checkout holds right now."""
    return await _move(held, CampaignStatus.ENDED, session, response)


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


async def _move(held: CampaignRow, wanted: CampaignStatus, session: AsyncSession, response: Response) -> Campaign:
    campaign = await service.move_campaign(session, held, wanted)
    concurrency.tag(response, campaign.version)
    return campaign
