"""Queries over redemptions, and their taking back. Locks in key order: the coupon, then the budget."""

from typing import Final
from uuid import UUID

from asyncpg import Connection
from sqlalchemy import Select, select

from campaign.redemptions.models import RedemptionRow

_DOCUMENT: Final = "select redemption_document(r)::text from redemptions r where id = $1"
_LOCK_COUPON: Final = """
select 1 from coupons where id = (select coupon_id from redemptions where id = $1) for update
"""
_LOCK: Final = "select version from redemptions where id = $1 for update"
_REVERSE: Final = """
with reversed as (
    update redemptions set status = 'reversed', reversed_at = clock_timestamp(), version = version + 1
    where id = $1 and status = 'redeemed'
    returning *, redemption_document(redemptions) as document
), reinstated as (
    update coupons set status = 'issued', checkout_id = null, redeemed_at = null, version = coupons.version + 1
    from reversed
    where coupons.id = reversed.coupon_id
    returning coupons.id, reversed.customer_id, coupon_document(coupons) as document
), given_back as (
    update budgets set spent_amount = spent_amount - reversed.discount_amount
    from reversed where budgets.campaign_id = reversed.campaign_id
), entries as (
    insert into budget_entries (campaign_id, kind, amount, redemption_id)
    select campaign_id, 'give_back', discount_amount, id from reversed where campaign_id is not null
), told as (
    insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
    select 'perennial.redemption.reversed.v1', '/v1/redemptions/' || id, customer_id::text, document::json,
           $2, $3, $4, $5
    from reversed
    union all
    select 'perennial.coupon.reinstated.v1', '/v1/coupons/' || id, customer_id::text, document::json, $2, $3, $4, $5
    from reinstated
)
select document::text from reversed
"""


def list_redemptions(*, customer_id: UUID | None, checkout_id: UUID | None) -> Select[RedemptionRow]:
    query = select(RedemptionRow)
    if customer_id is not None:
        query = query.where(RedemptionRow.customer_id == customer_id)
    if checkout_id is not None:
        query = query.where(RedemptionRow.checkout_id == checkout_id)
    return query


async def find_document(connection: Connection, redemption_id: UUID) -> str | None:
    """The redemption as the API shows it, as JSON."""
    document: str | None = await connection.fetchval(_DOCUMENT, redemption_id)
    return document


async def lock_redemption(connection: Connection, redemption_id: UUID) -> int | None:
    """Hold a redemption and its coupon until the end of the transaction; its version, None when there is none."""
    await connection.execute(_LOCK_COUPON, redemption_id)
    version: int | None = await connection.fetchval(_LOCK, redemption_id)
    return version


async def reverse(
    connection: Connection, redemption_id: UUID, origin: tuple[str, str | None, str | None, str | None]
) -> str | None:
    """Take a locked redemption back; None when that has been done. The coupon may be used again while it is valid."""
    document: str | None = await connection.fetchval(_REVERSE, redemption_id, *origin)
    return document
