"""What the hot statements share: where an event comes from, the idempotency claim, the answer that was built in SQL.

A hot statement locks, decides, claims, changes and tells at once. It begins with these parameters: $1 actor,
$2 request id, $3 causation id, $4 traceparent; $5 client, $6 path, $7 idempotency key (null: none), $8 fingerprint.
"""

from typing import Any, Final

from asyncpg import Record
from fastapi import Request
from starlette.responses import Response

from crmkit import db, idempotency, outbox

ORIGIN: Final = "$1, $2, $3, $4"
UNCLAIMED: Final = "($7::text is null or exists (select from claim))"

_HOLDER: Final = """
select fingerprint, status, headers, body from idempotency
where client = $1 and method = 'POST' and path = $2 and key = $3
"""


def claim(status: int, document: str, source: str) -> str:
    """The CTE `claim`: keeps the answer (a jsonb expression over `source`, where its `ok` holds) under the key."""
    return f"""claim as (
    insert into idempotency (client, method, path, key, fingerprint, status, headers, body)
    select $5, 'POST', $6, $7, $8, {status}, '{{"content-type":"application/json"}}',
           convert_to(({document})::text, 'UTF8')
    from {source} where ok and $7::text is not null
    on conflict do nothing
    returning true
)"""


async def run(request: Request, sql: str, *args: Any) -> Record | None:
    """Run a hot statement for this request; its first row."""
    wanted = idempotency.claim_of(request, await request.body())
    claimed = (wanted.client, wanted.path, wanted.key, wanted.fingerprint) if wanted else (None, None, None, None)
    return await db.one_statement(request, sql, *outbox.context_values(), *claimed, *args)


async def replay(request: Request) -> Response | None:
    """The answer kept under the request's key: what a statement that changed nothing may have to say again.

    Raises: IdempotencyKeyReused (422) when the key came with another body.
    """
    wanted = idempotency.claim_of(request, await request.body())
    if wanted is None:
        return None
    row = await db.one_statement(request, _HOLDER, wanted.client, wanted.path, wanted.key)
    return idempotency.kept_response(wanted, *row.values()) if row else None


def answer(document: str, status: int) -> Response:
    return Response(document, status, media_type="application/json")
