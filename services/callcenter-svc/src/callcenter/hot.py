"""A hot request's one statement: the effect, its event and the idempotency claim live or die together."""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import msgspec
from fastapi import Request
from starlette.responses import Response

from crmkit import db, idempotency, outbox

# The effect's own parameter is $1; the rest is the same for every hot statement.
ORIGIN: Final = "$2::text, $3::text, $4::text, $5::text"
TAKEN: Final = "($9::text is null or exists (select from claimed))"

_HOLDER: Final = """
select fingerprint, status, headers, body from idempotency
where client = $1 and method = $2 and path = $3 and key = $4
"""
_NO_CLAIM: Final = (None, None, None, None, None)


def claimed(*, status: int, headers: str) -> str:
    """The CTE `claimed`: keeps `rendered.document` under the request's key, with headers given as SQL of text pairs.

    It is empty without a key and when the key is taken; effects depend on `TAKEN`.
    """
    return f"""claimed as (
    insert into idempotency (client, method, path, key, fingerprint, status, headers, body)
    select $6::text, $7::text, $8::text, $9::text, $10::bytea, {status},
        json_build_object('content-type', 'application/json', {headers})::text,
        convert_to(document::text, 'UTF8')
    from rendered where $9::text is not null
    on conflict do nothing returning true
)"""


async def run(request: Request, sql: str, effect: Sequence[Any]) -> asyncpg.Record | Response:
    """The statement's row, or the kept answer when another request has had this key. `effect` goes in as JSON.

    Raises: IdempotencyKeyReused (422).
    """
    claim = idempotency.claim_of(request, await request.body())
    of_claim = msgspec.structs.astuple(claim) if claim else _NO_CLAIM
    payload = msgspec.json.encode(effect).decode()
    row = await db.one_statement(request, sql, payload, *outbox.context_values(), *of_claim)
    if row is not None:
        return row
    assert claim is not None, "only a taken key leaves nothing to answer"
    return await _kept(request, claim)


async def _kept(request: Request, claim: idempotency.Claim) -> Response:
    held = await db.one_statement(request, _HOLDER, claim.client, claim.method, claim.path, claim.key)
    if held is None:
        raise idempotency.in_flight()
    return idempotency.kept_response(claim, held["fingerprint"], held["status"], held["headers"], held["body"])
