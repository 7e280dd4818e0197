"""`Idempotency-Key` on every POST: claimed first, answered last, both inside the effect's own transaction.

The claim is an insert on (client, method, path, key). A twin's insert waits for the first one's transaction and
then either finds its answer (replayed) or, when that was rolled back, goes on as if it had been alone.
"""

import hashlib
from typing import Final

import msgspec
from fastapi import Request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from crmkit.data.sqlstates import is_lock_timeout
from crmkit.problems import Conflict, Invalid, InvalidHeader
from crmkit.web.auth import Principal

HEADER: Final = "idempotency-key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT_HEADERS: Final = ("content-type", "location", "etag")
MAX_LENGTH: Final = 255

_OF_CLAIM: Final = "client = :client and method = :method and path = :path and key = :key"
_CLAIM: Final = text(
    "insert into idempotency (client, method, path, key, fingerprint)"
    " values (:client, :method, :path, :key, :fingerprint) on conflict do nothing returning true"
)
_HOLDER: Final = text(f"select fingerprint, status, headers, body from idempotency where {_OF_CLAIM}")
_KEEP: Final = text(f"update idempotency set status = :status, headers = :headers, body = :body where {_OF_CLAIM}")
_DROP: Final = text(f"delete from idempotency where {_OF_CLAIM}")


class IdempotencyInFlight(Conflict):
    code, title = "idempotency_in_flight", "The first request with this key is still at work"


class IdempotencyKeyReused(Invalid):
    code, title = "idempotency_key_reused", "This key was used with another body"


class Replayed(Exception):
    """Not a fault: the first answer, to be sent again."""

    def __init__(self, response: Response) -> None:
        self.response = response


class Claim(msgspec.Struct, frozen=True):
    """One use of a key: `client`, `method`, `path`, `key`, and the SHA-256 of query and body."""

    client: str
    method: str
    path: str
    key: str
    fingerprint: bytes


def read_key(request: Request) -> str | None:
    """The key, bare or as a quoted structured-field string; 400 when it is neither."""
    value = request.headers.get(HEADER)
    if value is None:
        return None
    key = value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value
    if not key or len(key) > MAX_LENGTH or '"' in key or not key.isascii() or not key.isprintable():
        raise InvalidHeader(f"Idempotency-Key must be 1 to {MAX_LENGTH} printable ASCII characters.")
    return key


def claim_of(request: Request, body: bytes) -> Claim | None:
    """What this request would claim, or None when it carries no key or is no POST."""
    key = read_key(request)
    if key is None or request.method != "POST":
        return None
    return claim_with_digest(request, key, hashlib.sha256(body).digest())


def claim_with_digest(request: Request, key: str, digest: bytes) -> Claim:
    """The claim for a body that was streamed and of which only the digest is left."""
    principal: Principal = request.state.principal
    fingerprint = hashlib.sha256(request.scope["query_string"] + b"\n" + digest).digest()
    return Claim(principal.client_id, request.method, request.scope["path"], key, fingerprint)


async def claim(request: Request, session: AsyncSession) -> None:
    """Claim the request's key in the session's transaction; raise `Replayed` with the kept answer.

    An endpoint that streams its body calls `take` itself, with `claim_with_digest`, when the digest is known.
    Raises: IdempotencyInFlight (409) after 5 s behind a twin, IdempotencyKeyReused (422).
    """
    if request.method != "POST" or getattr(request.state, "streamed", False):
        return
    if read_key(request) is None:
        return
    wanted = claim_of(request, await request.body())
    assert wanted is not None
    await take(request, session, wanted)


async def take(request: Request, session: AsyncSession, wanted: Claim) -> None:
    """Take one claim, or raise as `claim` does."""
    try:
        taken = await session.scalar(_CLAIM, msgspec.structs.asdict(wanted))
    except DBAPIError as error:
        if is_lock_timeout(error):
            raise in_flight() from error
        raise
    if taken:
        request.state.claim = wanted
        return
    row = (await session.execute(_HOLDER, msgspec.structs.asdict(wanted))).one_or_none()
    if row is None or row.status is None:
        raise in_flight()
    raise Replayed(kept_response(wanted, row.fingerprint, row.status, row.headers, row.body))


def in_flight() -> IdempotencyInFlight:
    return IdempotencyInFlight("Ask again in a moment to get its answer.", headers={"Retry-After": "1"})


def kept_response(wanted: Claim, fingerprint: bytes, status: int, headers: str, body: bytes) -> Response:
    """The first answer as a response; 422 when the key came back with another body."""
    if fingerprint != wanted.fingerprint:
        raise IdempotencyKeyReused("Use a new Idempotency-Key for a new request.")
    response = Response(body, status)
    for name, value in msgspec.json.decode(headers, type=dict[str, str]).items():
        response.headers[name] = value
    response.headers[REPLAYED] = "true"
    return response


async def keep(request: Request, response: Response) -> None:
    """Keep a 2xx answer with the claim of its request, before the transaction commits; drop the claim otherwise."""
    wanted: Claim | None = getattr(request.state, "claim", None)
    if wanted is None:
        return
    session: AsyncSession = request.state.session
    row = msgspec.structs.asdict(wanted)
    if not 200 <= response.status_code < 300:
        await session.execute(_DROP, row)
        return
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    answer = {
        "status": response.status_code,
        "headers": msgspec.json.encode(headers).decode(),
        "body": bytes(response.body),
    }
    await session.execute(_KEEP, row | answer)
