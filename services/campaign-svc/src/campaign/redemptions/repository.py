"""Queries over redemptions. Locks in key order: coupons, then limits and budgets."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Connection, Record
from sqlalchemy import Text, literal_column, select

from campaign.redemptions.models import Redeemed, RedemptionRow
from campaign.redemptions.schemas import Redemption, RedemptionQuery
from crmkit.events import outbox
from crmkit.web import lists
from crmkit.web.told import Told

DOCUMENT: Final = literal_column("redemption_document(redemptions)::text", Text).label("document")
REDEMPTIONS: Final = lists.List(
    select(DOCUMENT).select_from(RedemptionRow),
    RedemptionQuery,
    columns=RedemptionRow.__table__.c,
    model=Redemption,
    document=DOCUMENT,
)

_REDEEM: Final = f"""
with written as (
    insert into redemptions select * from json_populate_recordset(null::redemptions, $2)
    returning coupon_id, checkout_id, customer_id, redeemed_at, redemption_document(redemptions) as document
), redeemed as (
    update coupons set status = 'redeemed', checkout_id = written.checkout_id, reserved_until = null,
                       redeemed_at = written.redeemed_at, version = coupons.version + 1
    from written where coupons.id = written.coupon_id
    returning coupons.id, written.customer_id, coupon_document(coupons) as document
), told as (
    {outbox.telling("coupon", "'redeemed'", rows="redeemed", document="document", subject="customer_id")}
)
select document::text from written
"""
_DOCUMENT: Final = "select redemption_document(r)::text as document, version from redemptions r where id = $1"
_LOCK_COUPON: Final = "select 1 from coupons where id = (select coupon_id from redemptions where id = $1) for update"
_LOCK: Final = """
select id, version, status, coupon_id, customer_id, campaign_id, discount_amount
from redemptions where id = $1 for update
"""
_REVERSE: Final = f"""
with reversed as (
    update redemptions set status = 'reversed', reversed_at = clock_timestamp(), version = version + 1 where id = $2
    returning id, coupon_id, customer_id, version, redemption_document(redemptions) as document
), reinstated as (
    update coupons set status = 'issued', checkout_id = null, redeemed_at = null, version = coupons.version + 1
    from reversed where coupons.id = reversed.coupon_id
    returning coupons.id, reversed.customer_id, coupon_document(coupons) as document
), told as (
    {outbox.telling("redemption", "'reversed'", rows="reversed", document="document", subject="customer_id")}
), told_coupon as (
    {outbox.telling("coupon", "'reinstated'", rows="reinstated", document="document", subject="customer_id")}
)
select document::text as document, version from reversed
"""


async def redeem(connection: Connection, rows: Sequence[Redeemed]) -> list[str]:
    """Redeem locked coupons, each with its event; the redemptions as JSON."""
    if not rows:
        return []
    written = await connection.fetch(_REDEEM, outbox.origin(), msgspec.json.encode(rows).decode())
    return [row["document"] for row in written]


async def find_document(connection: Connection, redemption_id: UUID) -> Told | None:
    row = await connection.fetchrow(_DOCUMENT, redemption_id)
    return Told(row["document"], row["version"]) if row else None


async def lock_redemption(connection: Connection, redemption_id: UUID) -> Record | None:
    """Hold a redemption and its coupon until the end of the transaction; None when there is none."""
    await connection.execute(_LOCK_COUPON, redemption_id)
    return await connection.fetchrow(_LOCK, redemption_id)


async def reverse(connection: Connection, redemption_id: UUID) -> Told:
    """Take a locked redemption back, with its events. The coupon may be used again while it is valid."""
    row = await connection.fetchrow(_REVERSE, outbox.origin(), redemption_id)
    assert row is not None
    return Told(row["document"], row["version"])
