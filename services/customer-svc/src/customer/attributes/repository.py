"""Attributes of many customers at once."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from customer.attributes.schemas import NewAttribute

_PUT: Final = """
insert into customer_attributes as a (customer_id, name, value, source, channel, collected_at, verified_at)
select customer_id, name, value::json, source, channel, collected_at, verified_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])
    as n (customer_id, name, value, source, channel, collected_at, verified_at)
on conflict (customer_id, name) do update
set value = excluded.value, source = excluded.source, channel = excluded.channel,
    collected_at = excluded.collected_at, verified_at = excluded.verified_at
where (a.value::text, a.source, a.channel, a.collected_at, a.verified_at) is distinct from
    (excluded.value::text, excluded.source, excluded.channel, excluded.collected_at, excluded.verified_at)
returning customer_id
"""
_READ: Final = """
select name, json_build_object('value', value, 'source', source, 'channel', channel, 'collected_at', collected_at,
    'verified_at', verified_at)::text
from customer_attributes where customer_id = $1 and name = any($2::text[])
"""
_DROP: Final = """
delete from customer_attributes a using unnest($1::uuid[], $2::text[]) as n (customer_id, name)
where a.customer_id = n.customer_id and a.name = n.name returning a.customer_id
"""
_DROP_OTHERS: Final = """
delete from customer_attributes a where a.customer_id = any($1::uuid[]) and not exists (
    select from unnest($2::uuid[], $3::text[]) as n (customer_id, name)
    where n.customer_id = a.customer_id and n.name = a.name)
returning a.customer_id
"""

Owned = tuple[UUID, Mapping[str, NewAttribute | None]]


async def read(connection: asyncpg.Connection, customer_id: UUID, names: Collection[str]) -> dict[str, NewAttribute]:
    """Those of a held customer's attributes that are there."""
    rows = await connection.fetch(_READ, customer_id, list(names))
    return {name: NewAttribute.model_validate_json(document) for name, document in rows}


async def write(connection: asyncpg.Connection, owned: Iterable[Owned]) -> set[UUID]:
    """Set the attributes, drop those that are None; the customers for whom that changed something."""
    every = [(id, name, new) for id, attributes in owned for name, new in attributes.items()]
    rows = [(id, name, *_columns(new)) for id, name, new in every if new is not None]
    dropped = [(id, name) for id, name, new in every if new is None]
    put = await connection.fetch(_PUT, *map(list, zip(*rows, strict=True))) if rows else []
    gone = await connection.fetch(_DROP, *map(list, zip(*dropped, strict=True))) if dropped else []
    return {row[0] for row in (*put, *gone)}


def _columns(new: NewAttribute) -> tuple[object, ...]:
    value = msgspec.json.encode(new.value).decode()
    return value, new.source, new.channel, new.collected_at, new.verified_at


async def drop_others(connection: asyncpg.Connection, kept: Collection[Owned]) -> set[UUID]:
    """Leave these customers no attributes but the given ones; those who had others."""
    named = [(id, name) for id, attributes in kept for name in attributes]
    ids, names = [id for id, _ in named], [name for _, name in named]
    return {row[0] for row in await connection.fetch(_DROP_OTHERS, [id for id, _ in kept], ids, names)}
