"""The figures behind a campaign's results."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Connection

from campaign.campaigns.rules import Group
from campaign.results.rules import Sample

_TOTALS: Final = """
select (select count(*) from shopping_lists where campaign_id = $1) as list_count,
       (select count(*) from coupons where campaign_id = $1) as issued_count,
       count(*) as redeemed_count,
       coalesce(sum(discount_amount), 0)::bigint as discount_amount,
       coalesce(sum(sponsor_amount), 0)::bigint as sponsor_amount
from redemptions where campaign_id = $1 and status = 'redeemed'
"""
# A confirmed checkout counts until its order arrives in the feed, and for good where it named none.
_SPEND: Final = """
with spent as (
    select m.customer_id, m.assigned_group,
        coalesce((
            select sum(p.amount) from purchases p
            where p.customer_id = m.customer_id and p.purchased_at >= $2 and p.purchased_at < $3
        ), 0) + coalesce((
            select sum(k.total_amount) from checkouts k
            where k.customer_id = m.customer_id and k.status = 'confirmed'
                and k.placed_at >= $2 and k.placed_at < $3
                and not exists (
                    select from purchases p
                    where p.customer_id = k.customer_id and p.source = k.order_source
                        and p.external_id = k.order_external_id)
        ), 0) as amount
    from campaign_members m where m.campaign_id = $1
)
select assigned_group, count(*) as count, avg(amount)::float8 as mean, coalesce(var_samp(amount), 0)::float8 as variance
from spent group by assigned_group
"""
_SPONSORS: Final = """
select s.id, s.name, count(distinct r.customer_id) as customer_count, count(r.id) as redeemed_count,
       coalesce(sum(r.discount_amount), 0)::bigint as discount_amount,
       coalesce(sum(r.sponsor_amount), 0)::bigint as sponsor_amount
from (
    select distinct o.sponsor_id from coupons c join offers o on o.id = c.offer_id
    where c.campaign_id = $1 and o.sponsor_id is not null
) as taking_part
join sponsors s on s.id = taking_part.sponsor_id
left join redemptions r on r.sponsor_id = s.id and r.campaign_id = $1 and r.status = 'redeemed'
group by s.id, s.name order by s.name, s.id
"""


class Totals(msgspec.Struct, frozen=True):
    list_count: int
    issued_count: int
    redeemed_count: int
    discount_amount: int
    sponsor_amount: int


class SponsorTotals(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    customer_count: int
    redeemed_count: int
    discount_amount: int
    sponsor_amount: int


async def find_totals(connection: Connection, campaign_id: UUID) -> Totals:
    row = await connection.fetchrow(_TOTALS, campaign_id)
    assert row is not None
    return Totals(**dict(row))


async def find_spend(
    connection: Connection, campaign_id: UUID, since: datetime, until: datetime
) -> dict[Group, Sample]:
    """Spend per customer before `until`, of each group that has any; who bought nothing counts with nothing."""
    rows = await connection.fetch(_SPEND, campaign_id, since, until)
    return {Group(row["assigned_group"]): Sample(row["count"], row["mean"], row["variance"]) for row in rows}


async def find_sponsors(connection: Connection, campaign_id: UUID) -> list[SponsorTotals]:
    return [SponsorTotals(**dict(row)) for row in await connection.fetch(_SPONSORS, campaign_id)]
