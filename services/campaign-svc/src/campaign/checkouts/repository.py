"""Queries of checkouts. Rows are locked in key order: coupons, then the checkout, then limits and budgets."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
from asyncpg import Connection

from campaign.checkouts.models import Beginning, Locked, Receipt, Reserved
from campaign.checkouts.schemas import OrderName
from crmkit.events import outbox
from crmkit.web.told import Told

EXPIRY: Final = "checkout_expiry"

# The one clock that decides what has lapsed: what is held at that instant counts as held, however long a lock takes.
_BEGIN: Final = """
select uuidv7() as id, clock_timestamp() as now,
       (select json_object_agg(code, customer_id) from list_codes where code = any($1))::text as lists
"""
_QUOTE: Final = "select quote_document(json_populate_record(null::checkouts, $1))::text"
_INSERT: Final = f"""
with made as (
    insert into checkouts select * from json_populate_record(null::checkouts, $2)
    returning id, customer_id, expires_at, checkout_document(checkouts) as document
), told as (
    {outbox.telling("checkout", "'reserved'", rows="made", document="document", subject="customer_id")}
), due as (
    insert into due (at, kind, ref) select expires_at, '{EXPIRY}', id::text from made
)
select document::text from made
"""
_HOLD: Final = """
update coupons set status = 'reserved', checkout_id = $1, reserved_until = $2, version = version + 1 where id = any($3)
"""
_DOCUMENT: Final = "select checkout_document(c)::text as document, version from checkouts c where id = $1"
# What a checkout holds never changes, so that it may be read before the checkout is locked.
_HELD: Final = """
select distinct (held ->> 'coupon_id')::uuid as id
from checkouts c, jsonb_array_elements(c.applied) as held where c.id = any($1)
"""
_LOCK_COUPONS: Final = "select id from coupons where id = any($1) order by id for update"
_LOCK: Final = """
select id, status, version, customer_id, store_id, currency, applied::text as applied, expires_at,
       clock_timestamp() as now, array(select uuidv7() from jsonb_array_elements(applied)) as redemption_ids
from checkouts where id = any($1) order by id for update
"""
_NAME_ORDER: Final = """
insert into order_names (source, external_id, checkout_id) values ($1, $2, $3)
on conflict do nothing returning checkout_id
"""
_NAMED: Final = "select checkout_id from order_names where source = $1 and external_id = $2"
_CONFIRM: Final = f"""
with confirmed as (
    update checkouts set status = 'confirmed', version = version + 1, confirmed_at = $3, order_source = $4,
                         order_external_id = $5, placed_at = coalesce($6::timestamptz, $3)
    where id = $2
    returning id, customer_id, version, checkout_document(checkouts) as document
), told as (
    {outbox.telling("checkout", "'confirmed'", rows="confirmed", document="document", subject="customer_id")}
)
select document::text as document, version from confirmed
"""
_CLOSE: Final = f"""
with freed as (
    update coupons set status = 'issued', checkout_id = null, reserved_until = null, version = version + 1
    where id = any($3) and checkout_id = any($2) and status = 'reserved'
), closed as (
    update checkouts set status = $4, version = version + 1 where id = any($2)
    returning id, customer_id, version, checkout_document(checkouts) as document
), told as (
    {outbox.telling("checkout", "$4::text", rows="closed", document="document", subject="customer_id")}
)
select document::text as document, version from closed
"""


async def begin(connection: Connection, codes: Sequence[str]) -> Beginning:
    """What a basket is judged with before its coupons: when, and whose lists the codes are that are a list's."""
    row = await connection.fetchrow(_BEGIN, codes)
    assert row is not None
    return Beginning(row["id"], row["now"], msgspec.json.decode(row["lists"] or "{}", type=dict[str, UUID]))


async def quote(connection: Connection, receipt: Receipt) -> str:
    """The receipt as the API shows a basket that nothing is kept of, as JSON."""
    return str(await connection.fetchval(_QUOTE, msgspec.json.encode(receipt).decode()))


async def insert_checkout(connection: Connection, receipt: Receipt) -> Told:
    """Write a checkout with its event, and hold its coupons, which are locked, until it expires."""
    document = await connection.fetchval(_INSERT, outbox.origin(), msgspec.json.encode(receipt).decode())
    if receipt.applied:
        await connection.execute(_HOLD, receipt.id, receipt.expires_at, [each.coupon_id for each in receipt.applied])
    return Told(document, receipt.version)


async def find_document(connection: Connection, checkout_id: UUID) -> Told | None:
    row = await connection.fetchrow(_DOCUMENT, checkout_id)
    return Told(row["document"], row["version"]) if row else None


async def held_coupons(connection: Connection, checkout_ids: Collection[UUID]) -> list[UUID]:
    return [row["id"] for row in await connection.fetch(_HELD, checkout_ids)]


async def lock_coupons(connection: Connection, ids: Collection[UUID]) -> None:
    await connection.execute(_LOCK_COUPONS, ids)


async def lock_checkouts(connection: Connection, ids: Collection[UUID]) -> list[Locked]:
    """Hold checkouts, whose coupons are locked, until the end of the transaction."""
    return [_locked(row) for row in await connection.fetch(_LOCK, ids)]


async def name_order(connection: Connection, order: OrderName, checkout_id: UUID) -> UUID:
    """Give a checkout its order's name; the checkout that has the name, this one or another that was first."""
    name = order.source, order.external_id
    taken = await connection.fetchval(_NAME_ORDER, *name, checkout_id)
    return UUID(str(taken or await connection.fetchval(_NAMED, *name)))


async def confirm(
    connection: Connection, checkout_id: UUID, order: OrderName, placed_at: datetime | None, now: datetime
) -> Told:
    """Confirm a locked checkout, with its event."""
    args = checkout_id, now, order.source, order.external_id, placed_at
    row = await connection.fetchrow(_CONFIRM, outbox.origin(), *args)
    return _told(row)


async def close(connection: Connection, checkouts: Sequence[Locked], status: str) -> list[Told]:
    """Cancel or expire locked checkouts, with their events, and free what coupons they still hold."""
    coupons = [each.coupon_id for checkout in checkouts for each in checkout.applied]
    ids = [checkout.id for checkout in checkouts]
    return [_told(row) for row in await connection.fetch(_CLOSE, outbox.origin(), ids, coupons, status)]


def _told(row: asyncpg.Record | None) -> Told:
    assert row is not None
    return Told(row["document"], row["version"])


def _locked(row: asyncpg.Record) -> Locked:
    return Locked(**{**row, "applied": msgspec.json.decode(row["applied"], type=tuple[Reserved, ...])})
