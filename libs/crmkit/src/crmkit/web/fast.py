"""The hot path: a request that is one autocommitted statement, its effect, event and kept answer all in it.

A hot statement begins with six parameters, its own ones start at $7: $1 is where its event comes from, as
`outbox.telling` takes it, $2 to $6 the claim of the `Idempotency-Key` (client, method, path, key, fingerprint; null
without one).

    TOLD = outbox.telling("thing", "'created'", rows="made", document="document")
    KEPT = fast.keeping(source="made", body="document", headers="'location', '/v1/things/' || id")
    CREATE = f"with made as (insert into things ... returning id, ... as document), told as ({TOLD}), {KEPT} select ..."
    row = await fast.execute(request, CREATE, new.subject, new.body)
"""

from typing import Any, Final

import asyncpg
import msgspec
from fastapi import Request

from crmkit.data import db
from crmkit.events import outbox
from crmkit.web import idempotency, media, sessions
from crmkit.web.idempotency import Claim, Replayed

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
    select $2::text, $3::text, $4::text, $5::text, $6::bytea, {status},
        json_build_object({named})::text, convert_to(({body})::text, 'UTF8')
    from {source} where $5::text is not null
)"""


async def execute(request: Request, sql: str, *args: Any) -> asyncpg.Record | None:
    """Run a hot statement; its first row.

    Raises: Replayed when the key's answer is kept already, IdempotencyInFlight (409) after 5 s behind a twin,
    InvalidHeader (400) for a key that cannot be read.
    """
    claim = idempotency.claim_of(request, await request.body())
    values = NO_CLAIM if claim is None else msgspec.structs.astuple(claim)
    try:
        return await sessions.one_statement(request, sql, outbox.origin(), *values, *args)
    except asyncpg.UniqueViolationError as error:
        if claim is None or db.constraint(error) != "idempotency_pkey":
            raise
        await _replay(request, claim)
        raise idempotency.in_flight() from error
    except asyncpg.LockNotAvailableError as error:
        if claim is None:
            raise
        raise idempotency.in_flight() from error


async def _replay(request: Request, claim: Claim) -> None:
    """Raise what is kept under the claim. Raises IdempotencyKeyReused (422) when it came with another body."""
    row = await sessions.one_statement(request, idempotency.HOLDER, claim.client, claim.method, claim.path, claim.key)
    if row is not None and row["status"] is not None:
        raise Replayed(idempotency.kept_response(claim, *row.values()))
