"""What is known here of customers, kept from other services' feeds."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.references.rules import Handle
from crmkit.data.db import driver
from crmkit.work.due import Due


class CustomerRow(msgspec.Struct, kw_only=True):
    """A customer as told, with every name it answers to."""

    customer_id: UUID
    version: int
    kind: str
    name: str | None
    consents: dict[str, Any]
    handles: list[Handle]


class ScoreRow(msgspec.Struct, kw_only=True):
    customer_id: UUID
    tier: str | None
    clv: dict[str, Any] | None
    computed_at: datetime


class CouponRow(msgspec.Struct, kw_only=True):
    """A coupon a customer can use (`is_open`), or no longer."""

    customer_id: UUID
    code: str
    offer_id: UUID | None
    campaign_id: UUID | None
    valid_until: datetime
    is_open: bool


# The handles that a customer gained or lost: what is unresolved under one of them may mean somebody else now.
_KEEP_CUSTOMERS: Final = """
with given as (
    select * from json_to_recordset($1::json) as given(
        customer_id uuid, version bigint, kind text, name text, consents json, handles json)
), kept as (
    insert into customers (customer_id, version, kind, name, consents)
    select customer_id, version, kind, name, consents from given
    on conflict (customer_id) do update set version = excluded.version, kind = excluded.kind, name = excluded.name,
        consents = excluded.consents
    where customers.version < excluded.version and not customers.is_erased
    returning customer_id
), wanted as (
    select handle.kind, handle.value, customer_id
    from given join kept using (customer_id), json_to_recordset(given.handles) as handle(kind text, value text)
), lost as (
    delete from customer_handles as held using kept
    where held.customer_id = kept.customer_id
        and (held.kind, held.value, held.customer_id) not in (select kind, value, customer_id from wanted)
    returning held.kind, held.value, held.customer_id
), gained as (
    insert into customer_handles (kind, value, customer_id) select kind, value, customer_id from wanted
    on conflict do nothing returning kind, value, customer_id
)
select kind, value, customer_id from lost union all select kind, value, customer_id from gained
"""

_FORGET_CUSTOMERS: Final = """
with tombstone as (
    insert into customers (customer_id, version, kind, is_erased)
    select distinct id, 0, 'consumer', true from unnest($1::uuid[]) as id
    on conflict (customer_id) do update set name = null, consents = null, is_erased = true
),
score as (delete from customer_scores where customer_id = any($1)),
coupon as (delete from open_coupons where customer_id = any($1))
delete from customer_handles where customer_id = any($1) returning kind, value, customer_id
"""

# Feeds come apart from one another: what is told late of an erased customer is not taken over.
_UNLESS_ERASED: Final = """
not exists (select from customers where customers.customer_id = given.customer_id and customers.is_erased)
"""

_KEEP_SCORES: Final = f"""
insert into customer_scores (customer_id, tier, clv, computed_at)
select customer_id, tier, clv, computed_at from json_to_recordset($1::json)
    as given(customer_id uuid, tier text, clv json, computed_at timestamptz)
where {_UNLESS_ERASED}
on conflict (customer_id) do update set tier = excluded.tier, clv = excluded.clv, computed_at = excluded.computed_at
where customer_scores.computed_at < excluded.computed_at
"""

_KEEP_COUPONS: Final = f"""
with given as (
    select * from json_to_recordset($1::json)
        as given(customer_id uuid, code text, offer_id uuid, campaign_id uuid, valid_until timestamptz, is_open boolean)
), used as (
    delete from open_coupons as held using given
    where not given.is_open and held.customer_id = given.customer_id and held.code = given.code
)
insert into open_coupons (customer_id, code, offer_id, campaign_id, valid_until)
select customer_id, code, offer_id, campaign_id, valid_until from given where is_open and {_UNLESS_ERASED}
    and not exists (select from ended_campaigns where ended_campaigns.campaign_id = given.campaign_id)
on conflict (customer_id, code) do update set valid_until = excluded.valid_until
"""
_END_CAMPAIGNS: Final = """
with ended as (
    insert into ended_campaigns (campaign_id) select distinct id from unnest($1::uuid[]) as id on conflict do nothing
)
delete from open_coupons where campaign_id = any($1)
"""
_DROP_EXPIRED: Final = "delete from open_coupons where valid_until < now()"


_NAMES: Final = "select customer_id, name from customers where customer_id = any($1::text[]::uuid[])"

Touched = list[tuple[Handle, UUID]]


async def keep_customers(connection: asyncpg.Connection, rows: Sequence[CustomerRow]) -> Touched:
    """Take over the newer ones; the handles that changed hands, each with who gained or lost it."""
    return _touched(await connection.fetch(_KEEP_CUSTOMERS, msgspec.json.encode(rows).decode()))


async def summaries(session: AsyncSession, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What `expand=customer` shows of each that is known."""
    rows = await (await driver(session)).fetch(_NAMES, ids)
    return {str(id_): {"id": str(id_), "name": name} for id_, name in rows}


async def forget_customers(connection: asyncpg.Connection, ids: Collection[UUID]) -> Touched:
    """Drop all that is known of these customers but that they were erased; the handles that were theirs."""
    return _touched(await connection.fetch(_FORGET_CUSTOMERS, ids))


def _touched(rows: Iterable[asyncpg.Record]) -> Touched:
    return [(Handle(row["kind"], row["value"]), row["customer_id"]) for row in rows]


async def keep_scores(connection: asyncpg.Connection, rows: Sequence[ScoreRow]) -> None:
    """Take over the newer ones."""
    await connection.execute(_KEEP_SCORES, msgspec.json.encode(rows).decode())


async def keep_coupons(connection: asyncpg.Connection, rows: Sequence[CouponRow]) -> None:
    """Take over which coupons are open; one row a coupon."""
    await connection.execute(_KEEP_COUPONS, msgspec.json.encode(rows).decode())


async def end_campaigns(connection: asyncpg.Connection, ids: Sequence[UUID]) -> None:
    """Forget the coupons of these campaigns, and those of them that may still be told of."""
    await connection.execute(_END_CAMPAIGNS, ids)


async def drop_expired_coupons(connection: asyncpg.Connection, _rows: Sequence[Due]) -> None:
    """Forget coupons that nobody can use any more; they are not shown since they expired."""
    await connection.execute(_DROP_EXPIRED)
