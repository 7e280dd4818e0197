"""Reads of customers: one statement each, answering the document's bytes as Postgres made them."""

from typing import Final
from uuid import UUID

from fastapi import Request

from crmkit.web import sessions
from customer.references.rules import Handle

_BY_ID: Final = "select version, document::text from customer_documents where id = $1"
_BY_KEY: Final = """
select d.version, d.document::text from customer_keys k join customer_documents d on d.id = k.customer_id
where k.kind = $1 and k.source = $2 and k.value = $3
"""
_LOOKUP: Final = """
with found as (
    select customer_id from customer_keys where kind = $1 and source = $2 and value = $3
    union
    select customer_id from contact_points where kind = $1 and value = $3
    limit $4 + 1
)
select case when count(*) <= $4 then coalesce(json_agg(d.document order by d.created_at, d.id), '[]')::text end
from found join customer_documents d on d.id = found.customer_id
"""


async def read_by_id(request: Request, id: UUID) -> tuple[int, str] | None:
    """(version, document) of a customer."""
    row = await sessions.one_statement(request, _BY_ID, id)
    return (row[0], row[1]) if row else None


async def read_by_key(request: Request, key: Handle) -> tuple[int, str] | None:
    """(version, document) of the customer an external id or card names."""
    row = await sessions.one_statement(request, _BY_KEY, key.kind, key.source, key.value)
    return (row[0], row[1]) if row else None


async def look_up(request: Request, handle: Handle, most: int) -> bytes | None:
    """All customers with this handle as the only page of their list; None when they are more than `most`."""
    row = await sessions.one_statement(request, _LOOKUP, handle.kind, handle.source, handle.value, most)
    assert row is not None
    return None if row[0] is None else b'{"data":' + row[0].encode() + b',"next_cursor":null}'
