"""Handles: keys, which name one customer each, contact points, which a household may share, and those of products."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final
from uuid import UUID

import asyncpg

from customer.references.rules import Handle

_CUSTOMERS: Final = """
with wanted as (select * from unnest($1::text[], $2::text[], $3::text[]) as w (kind, source, value))
select w.kind, w.source, w.value, k.customer_id
from wanted w join customer_keys k on k.kind = w.kind and k.source = w.source and k.value = w.value
union all
select w.kind, w.source, w.value, p.customer_id
from wanted w join contact_points p on p.kind = w.kind and p.value = w.value
union all
select w.kind, w.source, w.value, c.id
from wanted w join customers c on w.kind = 'id' and c.id = w.value::uuid and c.erased_at is null
"""
_PRODUCTS: Final = """
with wanted as (select * from unnest($1::text[], $2::text[], $3::text[]) as w (kind, source, value))
select w.kind, w.source, w.value, p.id
from wanted w join products p on w.kind = 'external_id' and p.source = w.source and p.external_id = w.value
union all
select w.kind, w.source, w.value, p.id
from wanted w join products p on w.kind = 'id' and p.id = w.value::uuid
"""
_CLAIM: Final = """
insert into customer_keys (kind, source, value, customer_id)
select * from unnest($1::text[], $2::text[], $3::text[], $4::uuid[])
on conflict do nothing returning kind, source, value
"""
_HOLDERS: Final = """
select k.kind, k.source, k.value, k.customer_id
from unnest($1::text[], $2::text[], $3::text[]) as w (kind, source, value)
join customer_keys k using (kind, source, value)
"""
_GIVE_BACK: Final = """
delete from customer_keys k using unnest($1::text[], $2::text[], $3::text[]) as w (kind, source, value)
where (k.kind, k.source, k.value) = (w.kind, w.source, w.value)
"""
_ADD_CONTACTS: Final = """
insert into contact_points (customer_id, kind, value)
select * from unnest($1::uuid[], $2::text[], $3::text[]) on conflict do nothing returning customer_id
"""
_DROP_OTHER_CONTACTS: Final = """
delete from contact_points p where p.customer_id = any($1::uuid[]) and not exists (
    select from unnest($2::uuid[], $3::text[], $4::text[]) as n (customer_id, kind, value)
    where (n.customer_id, n.kind, n.value) = (p.customer_id, p.kind, p.value))
returning p.customer_id, p.kind, '', p.value
"""
_DROP: Final = """
with keys as (
    delete from customer_keys where customer_id = $1 and kind = $2 and source = $3 and value = $4 returning 1
), points as (
    delete from contact_points where customer_id = $1 and kind = $2 and value = $4 returning 1
)
select from keys union all select from points
"""

Contact = tuple[UUID, Handle]


async def find_customers(connection: asyncpg.Connection, handles: Collection[Handle]) -> Mapping[Handle, list[UUID]]:
    """The customers each handle names: none, one, or several that share a phone or an address."""
    found: defaultdict[Handle, list[UUID]] = defaultdict(list)
    for kind, source, value, customer_id in await connection.fetch(_CUSTOMERS, *columns(dict.fromkeys(handles))):
        found[Handle(kind, source, value)].append(customer_id)
    return found


async def find_products(connection: asyncpg.Connection, handles: Collection[Handle]) -> Mapping[Handle, UUID]:
    """The product each handle names."""
    rows = await connection.fetch(_PRODUCTS, *columns(dict.fromkeys(handles)))
    return {Handle(kind, source, value): id for kind, source, value, id in rows}


async def claim(
    connection: asyncpg.Connection, wanted: Mapping[Handle, UUID]
) -> tuple[set[Handle], dict[Handle, UUID]]:
    """Take the keys that are free, each for its customer: those taken now, and whose each of them is."""
    keys = sorted(wanted)
    claimed = await connection.fetch(_CLAIM, *columns(keys), [wanted[key] for key in keys])
    rows = await connection.fetch(_HOLDERS, *columns(keys))
    return {Handle(*row) for row in claimed}, {Handle(*row[:3]): row[3] for row in rows}


async def give_back(connection: asyncpg.Connection, keys: Collection[Handle]) -> None:
    """Release keys this transaction has claimed."""
    await connection.execute(_GIVE_BACK, *columns(keys))


async def add_contacts(connection: asyncpg.Connection, contacts: Iterable[Contact]) -> set[UUID]:
    """Add contact points; the customers that had not had them."""
    return {row[0] for row in await connection.fetch(_ADD_CONTACTS, *_contact_columns(contacts))}


async def drop_other_contacts(
    connection: asyncpg.Connection, ids: Collection[UUID], kept: Iterable[Contact]
) -> list[Contact]:
    """Leave these customers no contact points but the given ones; those they had besides."""
    rows = await connection.fetch(_DROP_OTHER_CONTACTS, list(ids), *_contact_columns(kept))
    return [(row[0], Handle(*row[1:])) for row in rows]


async def drop(connection: asyncpg.Connection, id: UUID, handle: Handle) -> bool:
    """Take a handle from a customer; whether there was one."""
    return bool(await connection.fetch(_DROP, id, *handle))


def columns(handles: Iterable[Handle]) -> tuple[list[str], list[str], list[str]]:
    """(kinds, sources, values), as columns of a set statement."""
    rows = list(handles)
    return [h.kind for h in rows], [h.source for h in rows], [h.value for h in rows]


def _contact_columns(contacts: Iterable[Contact]) -> tuple[list[UUID], list[str], list[str]]:
    rows = list(contacts)
    kinds, _, values = columns(handle for _, handle in rows)
    return [id for id, _ in rows], kinds, values
