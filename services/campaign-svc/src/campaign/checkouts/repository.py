"""Queries of a checkout. Rows are locked in key order: coupons, then the checkout, then budgets."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Connection, Record
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.checkouts.models import Holding, Locked, Reserved, ShoppingListRef
from campaign.checkouts.rules import Candidate
from campaign.checkouts.schemas import Checkout
from campaign.offers.rules import OfferKind, Target
from campaign.projections.rules import CustomerHandle
from crmkit.data import db
from crmkit.events import outbox

_LIST: Final = "select shopping_list_id, customer_id from list_codes where code = $1"
_HOLDINGS: Final = """
with wanted as (
    select coupon_id as id from coupon_codes where code = any($1)
    union
    select id from coupons where shopping_list_id = $2
    union
    select id from coupons where customer_id = $3 and status <> 'redeemed' and valid_until > now()
)
select c.id as coupon_id, c.code, c.status, c.customer_id, c.value, c.valid_from, c.valid_until, c.reserved_until,
       c.offer_id, c.campaign_id, o.kind, o.target::text as target, o.currency, o.sponsor_id, o.sponsor_share,
       o.minimum_quantity, o.minimum_spend_amount, m.status as campaign_status, m.currency as campaign_currency
from wanted join coupons c on c.id = wanted.id join offers o on o.id = c.offer_id
left join campaigns m on m.id = c.campaign_id
"""
_LOCK_COUPONS: Final = """
select id, status, reserved_until from coupons where id = any($1) order by id for update
"""
_LOCK_BUDGETS: Final = """
select campaign_id, granted_amount - reserved_amount - spent_amount as remaining_amount
from budgets where campaign_id = any($1) order by campaign_id for update
"""
_RESERVE: Final = """
with held as (
    update coupons set status = 'reserved', checkout_id = $1, reserved_until = $2, version = version + 1
    where id = any($3)
), applied as (
    insert into applied_coupons
        (checkout_id, coupon_id, code, offer_id, campaign_id, sponsor_id, sponsor_share, amount, sponsor_amount)
    select $1, * from unnest($3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[], $8::numeric[], $9::bigint[],
                             $10::bigint[])
), charged as (
    update budgets set reserved_amount = reserved_amount + need.amount
    from unnest($11::uuid[], $12::bigint[]) as need (campaign_id, amount)
    where budgets.campaign_id = need.campaign_id
    returning budgets.campaign_id, need.amount
)
insert into budget_entries (campaign_id, kind, amount, checkout_id)
select campaign_id, 'reserve', amount, $1 from charged
"""
_INSERT: Final = """
insert into checkouts (id, customer_id, store_id, currency, total_amount, body, expires_at, created_at, handle_kind,
                       handle_value)
values ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10)
"""
_DOCUMENT: Final = "select checkout_document(c)::text from checkouts c where id = $1"
_HELD: Final = """
select c.id from applied_coupons a join coupons c on c.id = a.coupon_id
where a.checkout_id = $1 order by c.id for update of c
"""
_LOCK: Final = "select status, version from checkouts where id = $1 for update"
_CANCEL: Final = """
with freed as (
    update coupons set status = 'issued', checkout_id = null, reserved_until = null, version = version + 1
    where id = any($2) and checkout_id = $1 and status = 'reserved'
)
update checkouts set status = 'cancelled', version = version + 1 where id = $1
returning checkout_document(checkouts)::text as document, customer_id
"""
_RELEASE: Final = """
with owed as (
    select campaign_id, checkout_id, sum(amount)::bigint as amount from applied_coupons
    where checkout_id = any($1) and campaign_id is not null group by campaign_id, checkout_id
), locked as (
    select campaign_id from budgets where campaign_id in (select campaign_id from owed) order by campaign_id for update
), released as (
    update budgets set reserved_amount = reserved_amount - total.amount
    from (select campaign_id, sum(amount)::bigint as amount from owed group by campaign_id) as total
    where budgets.campaign_id = total.campaign_id and total.campaign_id in (select campaign_id from locked)
)
insert into budget_entries (campaign_id, kind, amount, checkout_id)
select campaign_id, 'release', amount, checkout_id from owed
"""
_LAPSE_COUPONS: Final = """
with lapsed as (
    select id from coupons where status = 'reserved' and reserved_until < now()
    order by id limit $1 for update skip locked
)
update coupons set status = 'issued', checkout_id = null, reserved_until = null, version = version + 1
where id in (select id from lapsed)
"""
_LAPSE_CHECKOUTS: Final = """
with lapsed as (
    select id from checkouts where status = 'reserved' and expires_at < now()
    order by id limit $1 for update skip locked
), expired as (
    update checkouts set status = 'expired', version = version + 1
    where id in (select id from lapsed)
    returning id, customer_id, checkout_document(checkouts) as document
), told as (
    insert into outbox (id, type, source, subject, data, actor)
    select uuidv7(), 'perennial.checkout.expired.v1', '/v1/checkouts/' || id, customer_id::text, document::json,
           'system'
    from expired
)
select id from expired
"""


async def find_list(connection: Connection, code: str) -> ShoppingListRef | None:
    row = await connection.fetchrow(_LIST, code)
    return ShoppingListRef(row["shopping_list_id"], row["customer_id"]) if row else None


async def find_holdings(
    connection: Connection, codes: Sequence[str], list_id: UUID | None, customer_id: UUID | None
) -> list[Holding]:
    """Coupons shown by code, those of a shown list, and what the customer holds."""
    return [_holding(row) for row in await connection.fetch(_HOLDINGS, codes, list_id, customer_id)]


async def begin_checkout(connection: Connection) -> tuple[UUID, datetime]:
    """A new checkout's id, and the database's time: the one clock that decides what has lapsed."""
    row = await connection.fetchrow("select uuidv7(), clock_timestamp()")
    assert row is not None
    return row[0], row[1]


async def lock_coupons(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Record]:
    """Hold coupons until the end of the transaction; `status` and `reserved_until` as they are now."""
    return {row["id"]: row for row in await connection.fetch(_LOCK_COUPONS, ids)} if ids else {}


async def lock_budgets(connection: Connection, campaign_ids: Collection[UUID]) -> dict[UUID, int]:
    """Hold budgets until the end of the transaction; what each has left."""
    rows = await connection.fetch(_LOCK_BUDGETS, campaign_ids) if campaign_ids else []
    return {row["campaign_id"]: row["remaining_amount"] for row in rows}


async def reserve(
    connection: Connection, checkout: Checkout, reserved: Sequence[Reserved], needs: Mapping[UUID, int]
) -> None:
    """Hold locked coupons and locked budgets for a checkout."""
    names = "coupon_id", "code", "offer_id", "campaign_id", "sponsor_id", "sponsor_share", "amount", "sponsor_amount"
    columns = ([getattr(each, name) for each in reserved] for name in names)
    await connection.execute(_RESERVE, checkout.id, checkout.expires_at, *columns, list(needs), list(needs.values()))


async def insert_checkout(session: AsyncSession, checkout: Checkout, pending: CustomerHandle | None) -> None:
    """Write a new checkout and its event. pending: under which its customer's erasure finds it."""
    customer_id = checkout.customer.id if checkout.customer else None
    volatile = {"version", "status", "expires_at", "order", "confirmed_at"}
    await (await db.driver(session)).execute(
        _INSERT,
        checkout.id,
        customer_id,
        checkout.store_id,
        checkout.currency,
        checkout.total.amount,
        checkout.model_dump_json(exclude=volatile),
        checkout.expires_at,
        checkout.created_at,
        pending and pending.kind,
        pending and pending.value,
    )
    await outbox.emit(session, noun="checkout", verb="reserved", id=checkout.id, subject=customer_id, data=checkout)


async def find_document(connection: Connection, checkout_id: UUID) -> str | None:
    """The checkout as the API shows it, as JSON."""
    document: str | None = await connection.fetchval(_DOCUMENT, checkout_id)
    return document


async def lock_checkout(connection: Connection, checkout_id: UUID) -> Locked | None:
    """Hold a checkout and its coupons until the end of the transaction; None when there is no such checkout."""
    coupons = tuple(row["id"] for row in await connection.fetch(_HELD, checkout_id))
    row = await connection.fetchrow(_LOCK, checkout_id)
    return Locked(checkout_id, row["status"], row["version"], coupons) if row else None


async def cancel(connection: Connection, locked: Locked) -> Record:
    """Cancel a locked, open checkout and give back what it holds."""
    if locked.status == "reserved":
        await connection.execute(_RELEASE, [locked.id])
    row = await connection.fetchrow(_CANCEL, locked.id, locked.coupon_ids)
    assert row is not None
    return row


async def lapse_coupons(connection: Connection, limit: int) -> int:
    """Free coupons whose time is up; the count of them."""
    return int((await connection.execute(_LAPSE_COUPONS, limit)).rpartition(" ")[2])


async def lapse_checkouts(connection: Connection, limit: int) -> int:
    """Expire checkouts whose time is up and release their budgets; the count of them."""
    lapsed = [row["id"] for row in await connection.fetch(_LAPSE_CHECKOUTS, limit)]
    if lapsed:
        await connection.execute(_RELEASE, lapsed)
    return len(lapsed)


def _holding(row: Record) -> Holding:
    candidate = Candidate(
        coupon_id=row["coupon_id"],
        code=row["code"],
        offer_id=row["offer_id"],
        kind=OfferKind(row["kind"]),
        value=row["value"],
        target=msgspec.json.decode(row["target"], type=Target),
        campaign_id=row["campaign_id"],
        sponsor_id=row["sponsor_id"],
        sponsor_share=row["sponsor_share"],
        minimum_quantity=row["minimum_quantity"],
        minimum_spend_amount=row["minimum_spend_amount"],
    )
    return Holding(
        candidate=candidate,
        status=row["status"],
        customer_id=row["customer_id"],
        currency=row["currency"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        reserved_until=row["reserved_until"],
        campaign_status=row["campaign_status"],
        campaign_currency=row["campaign_currency"],
    )
