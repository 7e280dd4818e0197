"""The SQL by which a row learns whom it concerns, and says so."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.references.models import Concerning
from callcenter.references.rules import NOBODY, Cause, Concern, Handle
from crmkit.data import db
from crmkit.events import outbox

# The kind of due work that looks once more at what was left unresolved, and after how long.
LINK: Final = "link"
AGAIN_S: Final = 10

# Twenty candidates are more than anyone reads; the limit keeps a switchboard's number cheap.
_CANDIDATES: Final = 20


def resolution(kind: str, value: str) -> str:
    """A one-row subquery (resolution, customer_id, candidates) for a handle given by two SQL expressions."""
    return f"""(
        select case when {kind} is null then null when cardinality(ids) = 0 then 'pending'
                    when cardinality(ids) = 1 then 'resolved' else 'ambiguous' end as resolution,
               case when cardinality(ids) = 1 then ids[1] end as customer_id,
               case when cardinality(ids) > 1 then ids else '{{}}' end as candidates
        from (select array(select customer_id from customer_handles where kind = {kind} and value = {value}
                           order by customer_id limit {_CANDIDATES}) as ids
              offset 0 -- or the planner looks the handle up again for each mention of ids
             ) as named
    )"""


_RESOLVE: Final = f"select found.* from {resolution('$1::text', '$2::text')} as found"


async def resolve(connection: asyncpg.Connection, handle: Handle) -> Concern:
    """Whom the handle leads to now."""
    found = await connection.fetchrow(_RESOLVE, handle.kind, handle.value)
    return Concern(handle.kind, handle.value, found["resolution"], found["customer_id"], tuple(found["candidates"]))


async def choose(session: AsyncSession, row: Concerning, handle: Handle | None) -> None:
    """Let a locked row concern whom an agent says it does."""
    concern = await resolve(await db.driver(session), handle) if handle else NOBODY
    for name in (each.name for each in fields(Concern)):
        setattr(row, name, getattr(concern, name))
    row.decided_by = "agent"


# $1 to $4: kinds and values of handles, each once, and the event that touched each. What is unresolved under them and
# has another answer now, locked. After thirty days a number may be somebody else's.
UNRESOLVED: Final = """
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as touched(kind, value, causation_id, traceparent)
join {table} as noun on noun.handle_kind = touched.kind and noun.handle_value = touched.value
    and noun.resolution in ('pending', 'ambiguous') and noun.created_at > now() - interval '30 days'
    and not ({unless})
cross join lateral {found} as found
{joins}
where (found.resolution, found.customer_id, found.candidates)
    is distinct from (noun.resolution, noun.customer_id, noun.candidates)
order by noun.id for update of noun
"""


def unresolved(table: str, *, unless: str = "false", joins: str = "") -> str:
    """The FROM of what may be linked now: `noun` is the row, `found` what its handle leads to, `touched` since when."""
    return UNRESOLVED.format(
        table=table, unless=unless, found=resolution("noun.handle_kind", "noun.handle_value"), joins=joins
    )


def linking(table: str, noun: str) -> str:
    """The statement that links a noun's rows and emits `updated` for each.

    $1 to $4: as `unresolved` takes them; $5: the instant; $6: where this comes from.
    """
    return f"""
with found as (select noun.id, found.*, touched.causation_id, touched.traceparent {unresolved(table)}),
changed as (
    update {table} as noun set customer_id = found.customer_id, resolution = found.resolution,
        candidates = found.candidates, version = noun.version + 1, updated_at = $5
    from found where noun.id = found.id
    returning noun.id, noun.customer_id, {noun}_document(noun) as document, found.causation_id, found.traceparent
)
{telling(noun, rows="changed", origin="$6")}
"""


def erasing(table: str, noun: str, *, blank: str, beside: str = "") -> str:
    """The statement that leaves of a noun's rows only whom they concerned, as an id, and emits `updated` for each.

    blank: the assignments that take the personal data out; beside: a CTE that does so in another table.
    $1 to $3: customer ids, and the event that erased each; $4: the instant; $5: where this comes from.
    """
    return f"""
with {beside} changed as (
    update {table} as noun set {blank}, handle_kind = 'id', handle_value = noun.customer_id::text,
        version = noun.version + 1, updated_at = $4
    from unnest($1::uuid[], $2::text[], $3::text[]) as erased(erased_id, causation_id, traceparent)
    where noun.customer_id = erased_id
    returning noun.id, noun.customer_id, {noun}_document(noun) as document, erased.causation_id, erased.traceparent
)
{telling(noun, rows="changed", origin="$5")}
"""


def telling(noun: str, *, rows: str, origin: str) -> str:
    """The INSERT that tells `updated` of rows that each name the event they were changed by."""
    caused = outbox.caused(origin)
    return outbox.telling(noun, "'updated'", rows=rows, document="document", subject="customer_id", origin=caused)


async def erase(connection: asyncpg.Connection, sql: str, erased: Mapping[UUID, Cause], now: datetime) -> None:
    """Run an `erasing` statement for these customers."""
    await connection.execute(sql, list(erased), *_columns(erased.values()), now, outbox.origin())


async def link(connection: asyncpg.Connection, sql: str, touched: Mapping[Handle, Cause], now: datetime) -> None:
    """Run a `linking` statement for the handles that changed."""
    await connection.execute(sql, *touched_columns(touched), now, outbox.origin())


def touched_columns(touched: Mapping[Handle, Cause]) -> tuple[list[str], list[str], list[str | None], list[str | None]]:
    """What `unresolved` takes as $1 to $4."""
    return [handle.kind for handle in touched], [handle.value for handle in touched], *_columns(touched.values())


def _columns(causes: Collection[Cause]) -> tuple[list[str | None], list[str | None]]:
    return [cause.event_id for cause in causes], [cause.traceparent for cause in causes]


def looking_again(rows: str) -> str:
    """The INSERT that has unresolved `rows` looked at once more, when whoever did not see them yet has committed."""
    return f"""insert into due (at, kind, ref)
    select now() + interval '{AGAIN_S} seconds', '{LINK}', id::text from {rows}
    where resolution in ('pending', 'ambiguous')"""


_UNRESOLVED_HANDLES: Final = """
select handle_kind, handle_value from tickets where id = any($1) and resolution in ('pending', 'ambiguous')
union select handle_kind, handle_value from calls where id = any($1) and resolution in ('pending', 'ambiguous')
union select handle_kind, handle_value from survey_responses
where id = any($1) and resolution in ('pending', 'ambiguous')
"""


async def unresolved_handles(connection: asyncpg.Connection, ids: Sequence[UUID]) -> list[Handle]:
    """The names under which rows are still left unresolved."""
    found = await connection.fetch(_UNRESOLVED_HANDLES, ids)
    return [Handle(row["handle_kind"], row["handle_value"]) for row in found]
