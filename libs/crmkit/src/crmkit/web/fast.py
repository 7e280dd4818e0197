"""The hot path: a request that is one autocommitted statement, its effect, event and kept answer all in it.

A hot statement begins with nine parameters, its own ones start at $10: $1 to $4 are where its event comes from
(`ORIGIN`), $5 to $9 the claim of the `Idempotency-Key` (client, method, path, key, fingerprint; null without one).

    KEPT = fast.keeping(source="rendered", body="document", headers="'location', '/v1/tickets/' || id")
    CREATE = f"with rendered as (...), emitted as (insert into outbox ... {fast.ORIGIN} ...), {KEPT} select ..."
    row = await fast.execute(request, CREATE, new.subject, new.body)
"""

from typing import Any, Final

import asyncpg
import msgspec
from fastapi import Request

from crmkit.data import db
from crmkit.events import outbox
from crmkit.web import idempotency, media, sessions
from crmkit.web.idempotency import Replayed

ORIGIN: Final = "$1::text, $2::text, $3::text, $4::text"

NO_CLAIM: Final = (None,) * 5


def keeping(*, source: str, body: str, headers: str = "", status: int = 201) -> str:
    """A CTE, `kept`, that keeps the answer made of the one row of `source`, when the request has a key.

    source: what to select from; no row keeps no answer. body: SQL of the document. headers: SQL of lower-case names
    and values by turns. A twin waits here for the first one and then fails as a whole, so that nothing of it stays
    and no other part of the statement has to ask: `execute` answers with what was kept.
    """
    named = f"'content-type', '{media.JSON}'" + (f", {headers}" if headers else "")
    return f"""kept as (
    insert into idempotency (client, method, path, key, fingerprint, status, headers, body)
    select $5::text, $6::text, $7::text, $8::text, $9::bytea, {status},
        json_build_object({named})::text, convert_to(({body})::text, 'UTF8')
    from {source} where $8::text is not null
)"""


async def execute(request: Request, sql: str, *args: Any) -> asyncpg.Record | None:
    """Run a hot statement; its first row.

    Raises: Replayed when the key's answer is kept already, IdempotencyInFlight (409) after 5 s behind a twin,
    InvalidHeader (400) for a key that cannot be read.
    """
    claim = idempotency.claim_of(request, await request.body())
    values = NO_CLAIM if claim is None else msgspec.structs.astuple(claim)
    try:
        return await sessions.one_statement(request, sql, *outbox.context_values(), *values, *args)
    except asyncpg.UniqueViolationError as error:
        if claim is None or db.constraint(error) != "idempotency_pkey":
            raise
    except asyncpg.LockNotAvailableError as error:
        if claim is None:
            raise
        raise idempotency.in_flight() from error
    await replay(request)
    raise idempotency.in_flight()


async def replay(request: Request) -> None:
    """Raise `Replayed` when an answer is kept under the request's key: asked where a statement had no effect.

    Raises: IdempotencyKeyReused (422) when the key came with another body.
    """
    claim = idempotency.claim_of(request, await request.body())
    if claim is None:
        return
    row = await sessions.one_statement(request, idempotency.HOLDER, claim.client, claim.method, claim.path, claim.key)
    if row is not None and row["status"] is not None:
        raise Replayed(idempotency.kept_response(claim, *row.values()))
