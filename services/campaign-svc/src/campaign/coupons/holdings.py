"""Coupons as the judge sees them, found or locked; and what their use takes of budgets and limits.

Locks are taken in key order: coupons, then a checkout, then limits, then budgets, which everybody waits for.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Connection, Record

from campaign.coupons.rules import Holding
from campaign.offers.rules import OfferKind, Target

_TERMS: Final = """
c.id as coupon_id, c.code, c.status, c.customer_id, c.checkout_id, c.value, c.valid_from, c.valid_until,
       c.reserved_until, c.offer_id, c.campaign_id, o.kind, o.target::text as target, o.currency, o.sponsor_id,
       o.sponsor_share, o.minimum_quantity, o.minimum_spend_amount, o.priority, o.starts_at, o.ends_at,
       m.status as campaign_status, m.currency as campaign_currency,
       g.granted_amount - g.reserved_amount - g.spent_amount as budget_left,
       o.per_customer_limit - case when o.per_customer_limit is not null then coalesce(
           (select used_count from coupon_uses where customer_id = $1 and limited_id = o.id), 0) end as offer_left,
       c.batch_id, b.per_customer_limit - case when b.per_customer_limit is not null then coalesce(
           (select used_count from coupon_uses where customer_id = $1 and limited_id = b.id), 0) end as batch_left
"""
_FROM: Final = """
from coupons c join offers o on o.id = c.offer_id
left join coupon_batches b on b.id = c.batch_id
left join campaigns m on m.id = c.campaign_id
left join budgets g on g.campaign_id = c.campaign_id
"""
# A list's code stands for every coupon of the list, wherever it is typed.
_SHOWN: Final = f"""
select {_TERMS} {_FROM}
where c.id in (
    select coupon_id from coupon_codes where code = any($2)
    union
    select l.id from list_codes k join coupons l on l.shopping_list_id = k.shopping_list_id where k.code = any($2)
    union
    select id from coupons where customer_id = $1 and status <> 'redeemed' and valid_until > now()
)
"""
_LOCK: Final = f"select {_TERMS} {_FROM} where c.id = any($2) order by c.id for update of c"
_LOCK_CODE: Final = f"""
select uuidv7() as redemption_id, clock_timestamp() as now, {_TERMS} {_FROM}
where c.id = (select coupon_id from coupon_codes where code = $2) for update of c
"""
_LOCK_BUDGETS: Final = """
select campaign_id, granted_amount - reserved_amount - spent_amount as budget_left
from budgets where campaign_id = any($1) order by campaign_id for update
"""
_USE: Final = """
insert into coupon_uses (customer_id, limited_id, used_count)
select $1, * from unnest($2::uuid[], $3::bigint[]) as used (limited_id, used_count) order by limited_id
on conflict (customer_id, limited_id) do update set used_count = coupon_uses.used_count + excluded.used_count
returning limited_id, used_count,
    coalesce((select per_customer_limit from offers where id = limited_id),
             (select per_customer_limit from coupon_batches where id = limited_id)) as most
"""
_GIVE_BACK_USES: Final = """
with freed as (
    select used.customer_id, limited.id, count(*) as used_count
    from unnest($1::uuid[], $2::uuid[]) as used (customer_id, coupon_id)
    join coupons c on c.id = used.coupon_id
    join lateral (
        select o.id from offers o where o.id = c.offer_id and o.per_customer_limit is not null
        union all
        select b.id from coupon_batches b where b.id = c.batch_id and b.per_customer_limit is not null
    ) as limited on true
    group by used.customer_id, limited.id
), locked as (
    select u.customer_id, u.limited_id, freed.used_count
    from coupon_uses u join freed on freed.customer_id = u.customer_id and freed.id = u.limited_id
    order by u.customer_id, u.limited_id for update of u
)
update coupon_uses u set used_count = u.used_count - locked.used_count
from locked where u.customer_id = locked.customer_id and u.limited_id = locked.limited_id
"""
# A budget that would be overdrawn is left out, and missing from the answer.
_CHARGE: Final = """
with need as (
    select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::uuid[])
        as need (campaign_id, reserved, spent, checkout_id, redemption_id)
), total as (
    select campaign_id, sum(reserved)::bigint as reserved, sum(spent)::bigint as spent from need group by campaign_id
), locked as (
    select campaign_id from budgets where campaign_id in (select campaign_id from need) order by campaign_id for update
), charged as (
    update budgets set reserved_amount = reserved_amount + reserved, spent_amount = spent_amount + spent
    from total
    where budgets.campaign_id = total.campaign_id and total.campaign_id in (select campaign_id from locked)
        and reserved_amount + reserved + spent_amount + spent <= granted_amount
    returning budgets.campaign_id
), entries as (
    insert into budget_entries (campaign_id, kind, amount, checkout_id, redemption_id)
    select campaign_id, $6, abs(case when spent <> 0 then spent else reserved end), checkout_id, redemption_id
    from need where campaign_id in (select campaign_id from charged)
)
select count(*) from charged
"""


_READ: Final = frozenset(Holding.__struct_fields__)


class Overdrawn(Exception):
    """A budget or a limit that was judged to suffice has been used up meanwhile; the transaction is to be undone."""


class Shown(msgspec.Struct, frozen=True):
    """A coupon under its lock, the instant at which it is judged, and the id of the redemption it may become."""

    redemption_id: UUID
    now: datetime
    holding: Holding


class Charge(msgspec.Struct, frozen=True):
    """A movement of a campaign's budget, and what moves it."""

    campaign_id: UUID
    reserved: int = 0
    spent: int = 0
    checkout_id: UUID | None = None
    redemption_id: UUID | None = None


async def find_shown(connection: Connection, codes: Sequence[str], customer_id: UUID | None) -> list[Holding]:
    """Coupons shown by their own code or by their list's, and what the customer holds."""
    return [_holding(row) for row in await connection.fetch(_SHOWN, customer_id, codes)]


async def lock(connection: Connection, ids: Sequence[UUID], customer_id: UUID | None) -> dict[UUID, Holding]:
    """Hold coupons until the end of the transaction, in key order, and give them as they are now."""
    rows = await connection.fetch(_LOCK, customer_id, ids) if ids else []
    return {row["coupon_id"]: _holding(row) for row in rows}


async def lock_by_code(connection: Connection, code: str, customer_id: UUID | None) -> Shown | None:
    """Hold the coupon of a code until the end of the transaction, and give it as it is now."""
    row = await connection.fetchrow(_LOCK_CODE, customer_id, code)
    return Shown(row["redemption_id"], row["now"], _holding(row)) if row else None


async def lock_allowances(
    connection: Connection, customer_id: UUID | None, limits: Collection[UUID], campaigns: Collection[UUID]
) -> dict[UUID, int]:
    """Hold a customer's limits and campaigns' budgets until the end of the transaction; what each has left."""
    left = await use(connection, customer_id, dict.fromkeys(limits, 0))
    rows = await connection.fetch(_LOCK_BUDGETS, list(campaigns)) if campaigns else []
    return left | {row["campaign_id"]: row["budget_left"] for row in rows}


async def use(connection: Connection, customer_id: UUID | None, uses: Mapping[UUID, int]) -> dict[UUID, int]:
    """Count a customer's uses of what is limited; what each limit has left. Raises: Overdrawn."""
    if not uses:
        return {}
    rows = await connection.fetch(_USE, customer_id, list(uses), list(uses.values()))
    left = {row["limited_id"]: row["most"] - row["used_count"] for row in rows}
    if any(amount < 0 and uses[id] for id, amount in left.items()):
        raise Overdrawn
    return left


async def give_back_uses(connection: Connection, uses: Collection[tuple[UUID | None, UUID]]) -> None:
    """Uncount uses: of each the customer, if one was named, and the coupon."""
    if uses:
        await connection.execute(_GIVE_BACK_USES, [customer for customer, _ in uses], [coupon for _, coupon in uses])


async def charge(connection: Connection, kind: str, charges: Sequence[Charge]) -> None:
    """Change what campaigns have reserved and spent, and write it into their ledgers. Raises: Overdrawn."""
    if not charges:
        return
    columns = ([getattr(each, name) for each in charges] for name in Charge.__struct_fields__)
    charged = await connection.fetchval(_CHARGE, *columns, kind)
    if charged < len({each.campaign_id for each in charges}):
        raise Overdrawn


def _holding(row: Record) -> Holding:
    terms = {name: value for name, value in row.items() if name in _READ}
    target = msgspec.json.decode(row["target"], type=Target)
    allowances = ("campaign_id", row["budget_left"]), ("offer_id", row["offer_left"]), ("batch_id", row["batch_left"])
    left = {row[name]: amount for name, amount in allowances if amount is not None}
    limits = tuple(id for id in left if id != row["campaign_id"])
    return Holding(**terms | {"kind": OfferKind(row["kind"]), "target": target, "left": left, "limits": limits})
