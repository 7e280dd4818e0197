"""The job that makes a campaign's lists.

It reads two streams from segment-svc: who is eligible, then what everybody is due to buy. Each chunk commits its
lists, coupons, events and progress together; a run that was killed reads the streams again and skips what is there.
A campaign that is no longer launched fails the job at the next chunk; the lists made by then stay good.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Connection
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.campaigns import service as campaigns
from campaign.campaigns.models import CampaignRow
from campaign.campaigns.rules import assign_group
from campaign.campaigns.schemas import Audience
from campaign.coupons import repository as coupons
from campaign.lists import making, repository
from campaign.lists.repository import ListRun
from campaign.lists.rules import Catalogue, NextPurchase
from campaign.lists.schemas import Generation
from campaign.offers import repository as offers
from campaign.offers.rules import OfferBook, Terms
from campaign.projections import repository as projections
from crmkit.data import db
from crmkit.web import http
from crmkit.work import jobs

JOB: Final = "shopping_lists"
AUDIENCE_CHUNK: Final = 5_000
LIST_CHUNK: Final = 250

Purchases = dict[UUID, list[NextPurchase]]


class ListParams(BaseModel):
    campaign_id: UUID
    as_of: date


class _Pyramid(msgspec.Struct, frozen=True):
    tier: str | None = None


class _Score(msgspec.Struct, frozen=True):
    customer_id: UUID
    pyramid: _Pyramid | None = None


async def run(run: jobs.Run, *, list_chunk: int = LIST_CHUNK) -> Generation:
    """Make every list that is not there yet; list_chunk: how many in one transaction."""
    params = ListParams.model_validate(run.params)
    plan, campaign = await _plan(run, params)
    await _gather_audience(run, campaign, params.as_of)
    async for purchases in _by_customers(run, params.as_of, list_chunk):
        await _make_lists(run, plan, purchases)
    async with run.chunk() as chunk:
        connection = await db.driver(chunk.session)
        return await repository.count_lists(connection, run.id, params.campaign_id, params.as_of)


async def _plan(run: jobs.Run, params: ListParams) -> tuple[making.Plan, CampaignRow]:
    async with run.chunk() as chunk:
        campaign = await campaigns.hold_launched(chunk.session, params.campaign_id)
        terms = await offers.find_current(chunk.session, campaign.offer_ids, currency=campaign.currency)
        names = await offers.names(chunk.session, [each.offer_id for each in terms])
        assortment = await _assortment(chunk.session, terms)
        now = datetime.now(UTC)
        valid_from = max(now, campaign.starts_at)
        valid_until = valid_from + timedelta(days=campaign.coupon_valid_days)
        common = ListRun(run.id, campaign.id, params.as_of, valid_from, valid_until, now)
        book = OfferBook(terms, [goods for goods, _ in assortment.values()])
        return making.Plan(common, book, assortment, names, campaign.currency, campaign.list_length), campaign


async def _assortment(session: AsyncSession, terms: Sequence[Terms]) -> Catalogue:
    named = {product_id for each in terms for product_id in each.target.product_ids or ()}
    return await projections.find_assortment(await db.driver(session), named)


async def _gather_audience(run: jobs.Run, campaign: CampaignRow, as_of: date) -> None:
    """Stage who is eligible, each with its group; done once, whatever happens later."""
    async with run.chunk() as chunk:
        if chunk.checkpoint is not None:
            return
    audience = Audience.model_validate(campaign.audience)
    async for customers in _eligible(run.gateway, audience, as_of):
        groups = {each: assign_group(campaign.id, each, campaign.control_share) for each in customers}
        async with run.chunk() as chunk:
            await campaigns.hold_launched(chunk.session, campaign.id)
            connection = await db.driver(chunk.session)
            await repository.add_audience(connection, run.id, campaign.id, groups)
    async with run.chunk() as chunk:
        connection = await db.driver(chunk.session)
        found = await repository.count_lists(connection, run.id, campaign.id, as_of)
        chunk.save("audience gathered", total=found.eligible_count - found.control_count)


async def _eligible(gateway: http.Client, audience: Audience, as_of: date) -> AsyncIterator[list[UUID]]:
    params: dict[str, str | int] = {"as_of": as_of.isoformat()}
    if audience.weekly_spend_gte is not None:
        params["weekly_spend_gte"] = audience.weekly_spend_gte
    found: list[UUID] = []
    decoder = msgspec.json.Decoder(_Score)
    async for line in http.stream_lines(gateway, "/v1/scores", params):
        score = decoder.decode(line)
        tier = score.pyramid.tier if score.pyramid else None
        if audience.tiers is None or tier in audience.tiers:
            found.append(score.customer_id)
        if len(found) == AUDIENCE_CHUNK:
            yield found
            found = []
    if found:
        yield found


async def _by_customers(run: jobs.Run, as_of: date, most: int) -> AsyncIterator[Purchases]:
    """Next purchases of a few hundred customers at a time; the stream has each customer's rows together."""
    purchases: Purchases = {}
    decoder = msgspec.json.Decoder(NextPurchase)
    async for line in http.stream_lines(run.gateway, "/v1/next-purchases", {"as_of": as_of.isoformat()}):
        purchase = decoder.decode(line)
        if purchase.customer_id not in purchases and len(purchases) == most:
            yield purchases
            purchases = {}
        purchases.setdefault(purchase.customer_id, []).append(purchase)
    if purchases:
        yield purchases


async def _make_lists(run: jobs.Run, plan: making.Plan, purchases: Purchases) -> None:
    async with run.chunk() as chunk:
        await campaigns.hold_launched(chunk.session, plan.common.campaign_id)
        connection: Connection = await db.driver(chunk.session)
        waiting = await repository.find_waiting(connection, plan.common, purchases)
        wanted: Sequence[list[NextPurchase]] = [rows for id, rows in purchases.items() if id in waiting]
        make = partial(making.make_lists, plan=plan, wanted=wanted)
        made = await coupons.with_fresh_codes(chunk.session, make) if wanted else 0
        chunk.save(chunk.checkpoint, processed=made)
