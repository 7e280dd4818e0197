"""The SQL by which a row learns whom it concerns, and says so."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from callcenter.references.rules import Handle
from crmkit import outbox

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


def customer_json(row: str) -> str:
    """The `customer` member of a resource, from the alias of a row that has the customer columns."""
    return f"""case when {row}.resolution is not null then json_build_object(
        'id', {row}.customer_id,
        'handle', case {row}.handle_kind
            when 'external_id' then json_build_object(
                'external_id', substr({row}.handle_value, strpos({row}.handle_value, ':') + 1),
                'source', split_part({row}.handle_value, ':', 1))
            else json_build_object({row}.handle_kind, {row}.handle_value) end,
        'resolution', {row}.resolution,
        'candidates', {row}.candidates) end"""


def time_json(column: str) -> str:
    """An instant as RFC 3339 in UTC."""
    return f"""to_char({column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


# $1, $2: kinds and values of handles. What is unresolved under them and has another answer now, locked.
UNRESOLVED: Final = """
from (select distinct * from unnest($1::text[], $2::text[])) as touched(kind, value)
join {table} as noun on noun.handle_kind = touched.kind and noun.handle_value = touched.value
    and noun.resolution in ('pending', 'ambiguous')
cross join lateral {found} as found
{joins}
where (found.resolution, found.customer_id, found.candidates)
    is distinct from (noun.resolution, noun.customer_id, noun.candidates)
order by noun.id for update of noun
"""


def unresolved(table: str, *, joins: str = "") -> str:
    """The FROM of what may be linked now: `noun` is the row, `found` what its handle leads to."""
    return UNRESOLVED.format(table=table, found=resolution("noun.handle_kind", "noun.handle_value"), joins=joins)


def linking(table: str, noun: str, document: Callable[[str], str]) -> str:
    """The statement that links a noun's rows and emits `updated` for each. $3: the instant; $4..$7: the origin."""
    return f"""
with found as (select noun.id, found.* {unresolved(table)}),
changed as (
    update {table} as noun set customer_id = found.customer_id, resolution = found.resolution,
        candidates = found.candidates, version = noun.version + 1, updated_at = $3
    from found where noun.id = found.id returning noun.*
)
{_telling(noun, document, "$4::text, $5::text, $6::text, $7::text")}
"""


def erasing(table: str, noun: str, document: Callable[[str], str], *, blank: str) -> str:
    """The statement that leaves of a noun's rows only whom they concerned, as an id, and emits `updated` for each.

    blank: the assignments that take the personal data out. $1: customer ids; $2: the instant; $3..$6: the origin.
    """
    return f"""
with changed as (
    update {table} as noun set {blank}, handle_kind = 'id', handle_value = noun.customer_id::text,
        version = noun.version + 1, updated_at = $2
    where noun.customer_id = any($1::uuid[]) returning noun.*
)
{_telling(noun, document, "$3::text, $4::text, $5::text, $6::text")}
"""


def _telling(noun: str, document: Callable[[str], str], origin: str) -> str:
    return f"""
insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
select 'perennial.{noun}.updated.v1', '/v1/{outbox.plural(noun)}/' || id, customer_id::text, {document("changed")},
    {origin}
from changed"""


async def erase(connection: asyncpg.Connection, sql: str, ids: Sequence[UUID], now: datetime) -> None:
    """Run an `erasing` statement for these customers."""
    await connection.execute(sql, ids, now, *outbox.context_values())


async def link(connection: asyncpg.Connection, sql: str, handles: Sequence[Handle], now: datetime) -> None:
    """Run a `linking` statement for the handles that changed."""
    kinds, values = [handle.kind for handle in handles], [handle.value for handle in handles]
    await connection.execute(sql, kinds, values, now, *outbox.context_values())


# A row written while its customer's feed was being applied may have missed the link: neither saw the other yet.
STRAYS: Final = """
select handle_kind, handle_value from tickets
where resolution in ('pending', 'ambiguous') and updated_at > $1
union select handle_kind, handle_value from calls
where resolution in ('pending', 'ambiguous') and updated_at > $1
union select handle_kind, handle_value from survey_responses
where resolution in ('pending', 'ambiguous') and updated_at > $1
"""


async def recent_unresolved(connection: asyncpg.Connection, since: datetime) -> list[Handle]:
    """The names under which something was left unresolved since an instant."""
    found = await connection.fetch(STRAYS, since)
    return [Handle(row["handle_kind"], row["handle_value"]) for row in found]
