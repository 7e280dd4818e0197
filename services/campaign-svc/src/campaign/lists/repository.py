"""Queries over shopping lists, and their writing in sets."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Connection
from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.campaigns.rules import Group
from campaign.lists.models import ShoppingListRow
from campaign.lists.schemas import Generation
from crmkit.events import outbox
from crmkit.work.due import Due

_AUDIENCE: Final = (
    "insert into list_audience (job_id, customer_id) select $1, unnest($2::uuid[]) on conflict do nothing"
)
_MEMBERS: Final = """
insert into campaign_members (campaign_id, customer_id, assigned_group)
select $1, * from unnest($2::uuid[], $3::text[]) on conflict do nothing
"""
_WAITING: Final = """
select a.customer_id from list_audience a
join campaign_members m on m.customer_id = a.customer_id and m.campaign_id = $2 and m.assigned_group = 'treated'
where a.job_id = $1 and a.customer_id = any($4) and not exists (
    select from shopping_lists l where l.customer_id = a.customer_id and l.campaign_id = $2 and l.as_of = $3)
"""
_COUNT: Final = """
select count(*) as eligible_count,
       count(*) filter (where m.assigned_group = 'control') as control_count,
       count(l.id) as list_count
from list_audience a
join campaign_members m on m.customer_id = a.customer_id and m.campaign_id = $2
left join shopping_lists l on l.customer_id = a.customer_id and l.campaign_id = $2 and l.as_of = $3
where a.job_id = $1
"""
_LISTS: Final = """
insert into shopping_lists (id, customer_id, list_code, lines, campaign_id, as_of, valid_from, valid_until, created_at)
select id, customer_id, list_code, lines::jsonb, $5, $6, $7, $8, $9
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as made (id, customer_id, list_code, lines)
on conflict on constraint shopping_lists_once_key do nothing
returning id
"""
_CODES: Final = """
insert into list_codes (code, shopping_list_id, customer_id) select * from unnest($1::text[], $2::uuid[], $3::uuid[])
"""
_TELL: Final = outbox.telling(
    "shopping_list",
    "'issued'",
    rows="shopping_lists where id = any($2)",
    document="shopping_list_document(shopping_lists)",
    subject="customer_id",
)
_FORGET: Final = """
delete from list_audience where job_id in (select id from jobs where status not in ('queued', 'running'))
"""


class ListRun(msgspec.Struct, frozen=True):
    """What all lists of one job have in common."""

    job_id: UUID
    campaign_id: UUID
    as_of: date
    valid_from: datetime
    valid_until: datetime
    created_at: datetime


class MadeList(msgspec.Struct, frozen=True):
    """A list to be written; `lines` is JSON."""

    id: UUID
    customer_id: UUID
    list_code: str
    lines: str


async def add_audience(connection: Connection, job_id: UUID, campaign_id: UUID, groups: dict[UUID, Group]) -> None:
    """Keep eligible customers, each in the group it was assigned first."""
    customers = list(groups)
    await connection.execute(_AUDIENCE, job_id, customers)
    await connection.execute(_MEMBERS, campaign_id, customers, [group.value for group in groups.values()])


async def find_waiting(connection: Connection, run: ListRun, customers: Collection[UUID]) -> set[UUID]:
    """Of these customers, those who are eligible, treated, and without their list."""
    rows = await connection.fetch(_WAITING, run.job_id, run.campaign_id, run.as_of, list(customers))
    return {row["customer_id"] for row in rows}


async def count_lists(connection: Connection, job_id: UUID, campaign_id: UUID, as_of: date) -> Generation:
    row = await connection.fetchrow(_COUNT, job_id, campaign_id, as_of)
    assert row is not None
    return Generation(**dict(row))


async def insert_lists(connection: Connection, run: ListRun, lists: Sequence[MadeList]) -> set[UUID]:
    """Write lists with their codes and events; those that somebody else made meanwhile are left out of the answer."""
    ids, customers = [made.id for made in lists], [made.customer_id for made in lists]
    codes, lines = [made.list_code for made in lists], [made.lines for made in lists]
    common = run.campaign_id, run.as_of, run.valid_from, run.valid_until, run.created_at
    written = {row["id"] for row in await connection.fetch(_LISTS, ids, customers, codes, lines, *common)}
    new = [made for made in lists if made.id in written]
    ids, customers = [made.id for made in new], [made.customer_id for made in new]
    await connection.execute(_CODES, [made.list_code for made in new], ids, customers)
    await connection.execute(_TELL, outbox.origin(), ids)
    return written


def list_lists(*, campaign_id: UUID | None, customer_id: UUID | None, as_of: date | None) -> Select[ShoppingListRow]:
    query = select(ShoppingListRow)
    if campaign_id is not None:
        query = query.where(ShoppingListRow.campaign_id == campaign_id)
    if customer_id is not None:
        query = query.where(ShoppingListRow.customer_id == customer_id)
    if as_of is not None:
        query = query.where(ShoppingListRow.as_of == as_of)
    return query


async def find_list(session: AsyncSession, list_id: UUID) -> ShoppingListRow | None:
    row: ShoppingListRow | None = await session.scalar(select(ShoppingListRow).where(ShoppingListRow.id == list_id))
    return row


async def find_latest(session: AsyncSession, customer_id: UUID) -> ShoppingListRow | None:
    query = select(ShoppingListRow).where(ShoppingListRow.customer_id == customer_id)
    row: ShoppingListRow | None = await session.scalar(query.order_by(ShoppingListRow.id.desc()).limit(1))
    return row


async def find_customer_name(session: AsyncSession, customer_id: UUID) -> str | None:
    query = text("select name from customers where id = :id")
    name: str | None = await session.scalar(query, {"id": customer_id})
    return name


async def forget_audiences(connection: Connection, _: Sequence[Due]) -> None:
    """Drop what jobs that have ended had found."""
    await connection.execute(_FORGET)
