"""Keys, which name one customer each, and contact points, which a household may share."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy import select

from crmkit.web import paging
from customer.identifiers.models import identifiers
from customer.identifiers.schemas import Identifier
from customer.references.rules import Handle

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
_OF_CUSTOMER: Final = "select kind, source, value from customer_identifiers where customer_id = $1 order by place"

Contact = tuple[UUID, Handle]


async def claim(
    connection: asyncpg.Connection, wanted: Mapping[Handle, UUID]
) -> tuple[set[Handle], dict[Handle, UUID]]:
    """Take the keys that are free, each for its customer: those taken now, and whose each of them is."""
    keys = sorted(wanted, key=lambda key: (key.kind, key.source, key.value))
    claimed = await connection.fetch(_CLAIM, *_columns(keys), [wanted[key] for key in keys])
    rows = await connection.fetch(_HOLDERS, *_columns(keys))
    return {Handle(*row) for row in claimed}, {Handle(*row[:3]): row[3] for row in rows}


async def give_back(connection: asyncpg.Connection, keys: Collection[Handle]) -> None:
    """Release keys this transaction has claimed."""
    await connection.execute(_GIVE_BACK, *_columns(keys))


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
    return bool(await connection.fetch(_DROP, id, handle.kind, handle.source, handle.value))


async def of_customer(connection: asyncpg.Connection, id: UUID) -> list[Handle]:
    """Every handle of a customer."""
    return [Handle(*row) for row in await connection.fetch(_OF_CUSTOMER, id)]


def listing(customer_id: UUID) -> paging.Listing:
    """Every handle of a customer, by kind."""
    query = select(identifiers).where(identifiers.c.customer_id == customer_id)
    keys = {"kind": identifiers.c.kind}
    return paging.Listing(query, keys=keys, tie=identifiers.c.place, default="kind", model=Identifier)


def _contact_columns(contacts: Iterable[Contact]) -> tuple[list[UUID], list[str], list[str]]:
    rows = list(contacts)
    return [id for id, _ in rows], [handle.kind for _, handle in rows], [handle.value for _, handle in rows]


def _columns(keys: Collection[Handle]) -> tuple[list[str], list[str], list[str]]:
    return [key.kind for key in keys], [key.source for key in keys], [key.value for key in keys]
