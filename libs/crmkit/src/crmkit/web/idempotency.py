"""`Idempotency-Key` on every POST: claimed first, answered last, both inside the effect's own transaction.

The claim is an insert on (client, method, path, key). A twin's insert waits for the first one's transaction and
then either finds its answer (replayed) or, when that was rolled back, goes on as if it had been alone.
"""

import hashlib
from typing import Final

import asyncpg
import msgspec
from fastapi import Request
from starlette.responses import Response

from crmkit.problems import Conflict, Invalid, InvalidHeader
from crmkit.web.auth import Principal

HEADER: Final = "idempotency-key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT_HEADERS: Final = ("content-type", "location", "etag")
MAX_LENGTH: Final = 255

_OF_CLAIM: Final = "client = $1 and method = $2 and path = $3 and key = $4"
_CLAIM: Final = (
    "insert into idempotency (client, method, path, key, fingerprint)"
    " values ($1, $2, $3, $4, $5) on conflict do nothing returning true"
)
HOLDER: Final = f"select fingerprint, status, headers, body from idempotency where {_OF_CLAIM}"
_KEEP: Final = f"update idempotency set status = $5, headers = $6, body = $7 where {_OF_CLAIM}"
_DROP: Final = f"delete from idempotency where {_OF_CLAIM}"


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


def applies(request: Request) -> bool:
    """Whether a key is claimed before the endpoint runs: one that streams its body calls `take` itself."""
    if request.method != "POST" or getattr(request.state, "streamed", False):
        return False
    return read_key(request) is not None


async def claim(request: Request, connection: asyncpg.Connection) -> None:
    """Claim the request's key in the connection's transaction; raise `Replayed` with the kept answer.

    Raises: IdempotencyInFlight (409) after 5 s behind a twin, IdempotencyKeyReused (422).
    """
    if applies(request):
        wanted = claim_of(request, await request.body())
        assert wanted is not None
        await take(request, connection, wanted)


async def take(request: Request, connection: asyncpg.Connection, wanted: Claim) -> None:
    """Take one claim, or raise as `claim` does."""
    try:
        taken = await connection.fetchval(_CLAIM, *msgspec.structs.astuple(wanted))
    except asyncpg.LockNotAvailableError as error:
        raise in_flight() from error
    if taken:
        request.state.claim = (wanted, connection)
        return
    row = await connection.fetchrow(HOLDER, wanted.client, wanted.method, wanted.path, wanted.key)
    if row is None or row["status"] is None:
        raise in_flight()
    raise Replayed(kept_response(wanted, *row.values()))


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


async def kept(request: Request, response: Response) -> Response:
    """The answer itself, a 2xx one kept with its request's claim, before the transaction ends."""
    held: tuple[Claim, asyncpg.Connection] | None = getattr(request.state, "claim", None)
    if held is None:
        return response
    request.state.claim = None
    wanted, connection = held
    place = wanted.client, wanted.method, wanted.path, wanted.key
    if not 200 <= response.status_code < 300:
        await connection.execute(_DROP, *place)
        return response
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    told = msgspec.json.encode(headers).decode()
    await connection.execute(_KEEP, *place, response.status_code, told, bytes(response.body))
    return response
