"""The SQL by which a row learns whom it concerns, and says so."""

from typing import Final

# Twenty candidates are more than anyone reads; the limit keeps a switchboard's number cheap.
_CANDIDATES: Final = 20


def resolution(kind: str, value: str) -> str:
    """A one-row subquery (resolution, customer_id, candidates) for a handle given by two SQL expressions."""
    return f"""(
        select case when {kind} is null then null when count(*) = 0 then 'pending'
                    when count(*) = 1 then 'resolved' else 'ambiguous' end as resolution,
               case when count(*) = 1 then (array_agg(customer_id))[1] end as customer_id,
               case when count(*) > 1 then array_agg(customer_id order by customer_id) else '{{}}' end as candidates
        from (select customer_id from customer_handles
              where kind = {kind} and value = {value} limit {_CANDIDATES}) as named
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
