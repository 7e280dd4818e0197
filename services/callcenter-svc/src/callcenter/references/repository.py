"""The SQL by which a row learns whom it concerns, and says so."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from callcenter.references.rules import Cause, Handle
from crmkit.events import outbox

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


# $1 to $4: kinds and values of handles, each once, and the event that touched each. What is unresolved under them and
# has another answer now, locked.
UNRESOLVED: Final = """
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as touched(kind, value, causation_id, traceparent)
join {table} as noun on noun.handle_kind = touched.kind and noun.handle_value = touched.value
    and noun.resolution in ('pending', 'ambiguous')
cross join lateral {found} as found
{joins}
where (found.resolution, found.customer_id, found.candidates)
    is distinct from (noun.resolution, noun.customer_id, noun.candidates)
order by noun.id for update of noun
"""


def unresolved(table: str, *, joins: str = "") -> str:
    """The FROM of what may be linked now: `noun` is the row, `found` what its handle leads to, `touched` since when."""
    return UNRESOLVED.format(table=table, found=resolution("noun.handle_kind", "noun.handle_value"), joins=joins)


def linking(table: str, noun: str, document: Callable[[str], str]) -> str:
    """The statement that links a noun's rows and emits `updated` for each.

    $1 to $4: as `unresolved` takes them; $5: the instant; $6, $7: actor and request id.
    """
    return f"""
with found as (select noun.id, found.*, touched.causation_id, touched.traceparent {unresolved(table)}),
changed as (
    update {table} as noun set customer_id = found.customer_id, resolution = found.resolution,
        candidates = found.candidates, version = noun.version + 1, updated_at = $5
    from found where noun.id = found.id returning noun.*, found.causation_id, found.traceparent
)
{_telling(noun, document, actor="$6::text", request_id="$7::text")}
"""


def erasing(table: str, noun: str, document: Callable[[str], str], *, blank: str) -> str:
    """The statement that leaves of a noun's rows only whom they concerned, as an id, and emits `updated` for each.

    blank: the assignments that take the personal data out. $1 to $3: customer ids, and the event that erased each;
    $4: the instant; $5, $6: actor and request id.
    """
    return f"""
with changed as (
    update {table} as noun set {blank}, handle_kind = 'id', handle_value = noun.customer_id::text,
        version = noun.version + 1, updated_at = $4
    from unnest($1::uuid[], $2::text[], $3::text[]) as erased(erased_id, causation_id, traceparent)
    where noun.customer_id = erased_id returning noun.*, erased.causation_id, erased.traceparent
)
{_telling(noun, document, actor="$5::text", request_id="$6::text")}
"""


def _telling(noun: str, document: Callable[[str], str], *, actor: str, request_id: str) -> str:
    return f"""
insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
select 'perennial.{noun}.updated.v1', '/v1/{outbox.plural(noun)}/' || id, customer_id::text, {document("changed")},
    {actor}, {request_id}, causation_id, traceparent
from changed"""


async def erase(connection: asyncpg.Connection, sql: str, erased: Mapping[UUID, Cause], now: datetime) -> None:
    """Run an `erasing` statement for these customers."""
    actor, request_id, *_ = outbox.context_values()
    await connection.execute(sql, list(erased), *_columns(erased.values()), now, actor, request_id)


async def link(connection: asyncpg.Connection, sql: str, touched: Mapping[Handle, Cause], now: datetime) -> None:
    """Run a `linking` statement for the handles that changed."""
    actor, request_id, *_ = outbox.context_values()
    await connection.execute(sql, *touched_columns(touched), now, actor, request_id)


def touched_columns(touched: Mapping[Handle, Cause]) -> tuple[list[str], list[str], list[str | None], list[str | None]]:
    """What `unresolved` takes as $1 to $4."""
    return [handle.kind for handle in touched], [handle.value for handle in touched], *_columns(touched.values())


def _columns(causes: Collection[Cause]) -> tuple[list[str | None], list[str | None]]:
    return [cause.event_id for cause in causes], [cause.traceparent for cause in causes]


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
