"""The hot path: a request that is one autocommitted statement, its effect, event and kept answer all in it.

KEPT = fast.keeping(6, source="rendered", body="document", headers="json_build_object('etag', '\"1\"')")
CREATE = f"with rendered as (...), inserted as (...), emitted as (...), {KEPT} select document from rendered"

async def create_ticket(request: Request) -> Response:
    new = await fast.decode(request, NewTicket)
    claim = await fast.claim(request)
    row = await fast.execute(request, CREATE, *five_values, claim=claim)
"""

import re
from typing import Any, Final, TypeVar

import asyncpg
import msgspec
from fastapi import Request

from crmkit import db, idempotency, media
from crmkit.idempotency import Claim, Replayed
from crmkit.problems import FieldError, Invalid, InvalidJson, UnsupportedMediaType

T = TypeVar("T")

_decoders: Final[dict[type[Any], msgspec.json.Decoder[Any]]] = {}

_NO_CLAIM: Final = (None,) * 5
_HOLDER: Final = (
    "select fingerprint, status, headers, body from idempotency"
    " where client = $1 and method = $2 and path = $3 and key = $4"
)
_FAULT: Final = re.compile(r"(?P<detail>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?", re.DOTALL)
_MEMBER: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_NAMED: Final = re.compile(r"Object (?:contains unknown|missing required) field `(?P<name>.*)`")


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request's body as msgspec reads it: ten times as fast as a model, and as strict."""


async def decode(request: Request, kind: type[T]) -> T:
    """The request's JSON body.

    Raises: UnsupportedMediaType (415), InvalidJson (400), Invalid (422) with the pointer of the first fault.
    """
    body = await request.body()
    if not body:
        raise Invalid("body: A JSON body is required.", errors=[FieldError("", "A JSON body is required.")])
    if not media.is_json(request.headers.get("content-type", "")):
        raise UnsupportedMediaType("Send the body as application/json.")
    try:
        return _decoder(kind).decode(body)
    except msgspec.ValidationError as error:
        fault = field_error(error)
        raise Invalid(f"{fault.pointer or 'body'}: {fault.detail}", errors=[fault]) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidJson("The body is not valid JSON.") from error


def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    return _decoders.get(kind) or _decoders.setdefault(kind, msgspec.json.Decoder(kind))


def field_error(error: msgspec.ValidationError) -> FieldError:
    """`Expected ... - at `$.lines[0].quantity`` as a JSON pointer and a sentence."""
    found = _FAULT.fullmatch(str(error))
    assert found is not None
    steps = [name or place for name, place in _MEMBER.findall(found["path"] or "")]
    named = _NAMED.fullmatch(found["detail"])
    if named:
        steps.append(named["name"])
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
    return FieldError(pointer, found["detail"])


async def claim(request: Request) -> Claim | None:
    """The use of the request's `Idempotency-Key`; None without one. Raises: InvalidHeader (400)."""
    return idempotency.claim_of(request, await request.body())


def keeping(first: int, *, source: str, body: str, headers: str, status: int = 201) -> str:
    """A CTE, `kept`, that keeps the one row of `source` as the answer under the claim in `$first` and the next four.

    body, headers: SQL expressions of the row, the latter a JSON object of lower-case names. A twin waits here for
    the first one and then fails as a whole, so that nothing of it stays: `execute` answers with what was kept.
    """
    client, method, path, key, fingerprint = (f"${first + place}" for place in range(5))
    return f"""kept as (
    insert into idempotency (client, method, path, key, fingerprint, status, headers, body)
    select {client}::text, {method}::text, {path}::text, {key}::text, {fingerprint}::bytea, {status},
        ({headers})::text, convert_to(({body})::text, 'UTF8')
    from {source} where {key}::text is not null
)"""


async def execute(request: Request, sql: str, *args: Any, claim: Claim | None) -> asyncpg.Record | None:
    """Run a statement that ends in `keeping`, the claim's five values after `args`; its first row.

    Raises: Replayed when the key's answer is kept already, IdempotencyInFlight (409) after 5 s behind a twin.
    """
    values = _NO_CLAIM if claim is None else msgspec.structs.astuple(claim)
    try:
        return await db.one_statement(request, sql, *args, *values)
    except asyncpg.UniqueViolationError as error:
        if claim is None or db.constraint(error) != "idempotency_pkey":
            raise
    except asyncpg.LockNotAvailableError as error:
        if claim is None:
            raise
        raise idempotency.in_flight() from error
    await replay(request, claim)
    raise idempotency.in_flight()


async def replay(request: Request, claim: Claim | None) -> None:
    """Raise `Replayed` when the claim's answer is kept: asked when a statement had no effect.

    Raises: IdempotencyKeyReused (422).
    """
    if claim is None:
        return
    row = await db.one_statement(request, _HOLDER, *msgspec.structs.astuple(claim)[:4])
    if row is not None and row["status"] is not None:
        raise Replayed(idempotency.kept_response(claim, row["fingerprint"], row["status"], row["headers"], row["body"]))


def described(kind: type[Any]) -> dict[str, Any]:
    """`openapi_extra` of an endpoint that decodes its body itself."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    content = {media.JSON: {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}, "x-components": components}
