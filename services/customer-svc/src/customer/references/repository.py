"""Which customers and products the given handles name, many at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping
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


async def find_customers(connection: asyncpg.Connection, handles: Collection[Handle]) -> Mapping[Handle, list[UUID]]:
    """The customers each handle names: none, one, or several that share a phone or an address."""
    found: defaultdict[Handle, list[UUID]] = defaultdict(list)
    for kind, source, value, customer_id in await connection.fetch(_CUSTOMERS, *_columns(handles)):
        found[Handle(kind, source, value)].append(customer_id)
    return found


async def find_products(connection: asyncpg.Connection, handles: Collection[Handle]) -> Mapping[Handle, UUID]:
    """The product each handle names."""
    rows = await connection.fetch(_PRODUCTS, *_columns(handles))
    return {Handle(kind, source, value): id for kind, source, value, id in rows}


def _columns(handles: Collection[Handle]) -> tuple[list[str], list[str], list[str]]:
    unique = list(dict.fromkeys(handles))
    return [h.kind for h in unique], [h.source for h in unique], [h.value for h in unique]
