"""A campaign's results, worked out when they are asked for."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from campaign.campaigns import service as campaigns
from campaign.campaigns.rules import Group
from campaign.results import repository
from campaign.results.repository import SponsorTotals
from campaign.results.rules import CONFIDENCE, Sample, may_show, welch
from campaign.results.schemas import GroupSpend, Lift, Results, SponsorResult
from crmkit.data import db


async def get_results(session: AsyncSession, campaign_id: UUID) -> Results:
    """Raises: CampaignNotFound (404)."""
    campaign = await campaigns.get_campaign(session, campaign_id)
    connection = await db.driver(session)
    totals = await repository.find_totals(connection, campaign_id)
    until = max(campaign.starts_at, min(campaign.ends_at, datetime.now(UTC)))
    spend = await repository.find_spend(connection, campaign_id, campaign.starts_at, until)
    treated, control = spend.get(Group.TREATED), spend.get(Group.CONTROL)
    return Results(
        campaign_id=campaign_id,
        currency=campaign.currency,
        spend_from=campaign.starts_at,
        spend_until=until,
        list_count=totals.list_count,
        issued_count=totals.issued_count,
        redeemed_count=totals.redeemed_count,
        redemption_rate=totals.redeemed_count / totals.issued_count if totals.issued_count else None,
        discount_amount=totals.discount_amount,
        sponsor_amount=totals.sponsor_amount,
        store_amount=totals.discount_amount - totals.sponsor_amount,
        treated=_group(treated),
        control=_group(control),
        lift=_lift(treated, control),
        sponsors=[_sponsor(each) for each in await repository.find_sponsors(connection, campaign_id)],
    )


def _group(sample: Sample | None) -> GroupSpend:
    if sample is None:
        return GroupSpend(customer_count=0, mean_spend_amount=None)
    return GroupSpend(customer_count=sample.count, mean_spend_amount=sample.mean)


def _lift(treated: Sample | None, control: Sample | None) -> Lift | None:
    difference = welch(treated, control) if treated and control else None
    if difference is None:
        return None
    return Lift(
        difference_amount=difference.estimate,
        low_amount=difference.low,
        high_amount=difference.high,
        confidence=CONFIDENCE,
    )


def _sponsor(totals: SponsorTotals) -> SponsorResult:
    shown = may_show(totals.customer_count)
    return SponsorResult(
        sponsor_id=totals.id,
        name=totals.name,
        suppressed=not shown,
        customer_count=totals.customer_count if shown else None,
        redeemed_count=totals.redeemed_count if shown else None,
        discount_amount=totals.discount_amount if shown else None,
        sponsor_amount=totals.sponsor_amount if shown else None,
    )
