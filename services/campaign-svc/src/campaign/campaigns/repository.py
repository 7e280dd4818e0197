"""Queries over campaigns and their budgets. A budget row is locked last: after coupons and checkouts."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import Select, Text, insert, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.campaigns.models import BudgetEntryRow, BudgetRow, CampaignRow
from campaign.campaigns.schemas import Campaign, CampaignQuery
from campaign.offers.models import OfferRow
from campaign.offers.repository import OFFERS, among
from crmkit.web import lists

DOCUMENT: Final = literal_column("campaign_document(campaigns)::text", Text).label("document")
CAMPAIGNS: Final = lists.List(
    select(DOCUMENT).select_from(CampaignRow),
    CampaignQuery,
    columns=CampaignRow.__table__.c,
    model=Campaign,
    document=DOCUMENT,
)


async def grant(session: AsyncSession, campaign_id: UUID, amount: int) -> None:
    """Open a campaign's budget."""
    session.add(BudgetRow(campaign_id=campaign_id, granted_amount=amount))
    session.add(BudgetEntryRow(campaign_id=campaign_id, kind="grant", amount=amount))
    await session.flush()


async def regrant(session: AsyncSession, campaign_id: UUID, amount: int) -> bool:
    """Change what is granted; False when more than that is reserved or spent already."""
    budget = await session.get(BudgetRow, campaign_id, with_for_update=True, populate_existing=True)
    assert budget is not None
    if budget.reserved_amount + budget.spent_amount > amount:
        return False
    change = amount - budget.granted_amount
    query = update(BudgetRow).where(BudgetRow.campaign_id == campaign_id).values(granted_amount=amount)
    await session.execute(query)
    await session.execute(insert(BudgetEntryRow).values(campaign_id=campaign_id, kind="grant", amount=change))
    return True


def list_entries(campaign_id: UUID) -> Select[BudgetEntryRow]:
    return select(BudgetEntryRow).where(BudgetEntryRow.campaign_id == campaign_id)


async def find_currencies(session: AsyncSession, ids: Collection[UUID]) -> list[str]:
    """The currency of each of the ids that is an offer."""
    return list(await session.scalars(select(OfferRow.currency).where(OfferRow.id.in_(ids))))


def offers_of(campaign: CampaignRow) -> lists.List:
    """The offers that a campaign names, or every current one."""
    named = OfferRow.archived_at.is_(None) if campaign.offer_ids is None else among(campaign.offer_ids)
    return OFFERS.where(named)
