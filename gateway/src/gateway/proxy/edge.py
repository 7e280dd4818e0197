"""The gateway's door: every request comes in here and leaves forwarded, answered by the gateway's app, or refused."""

import time
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware, add_compress_type

from crmkit import context
from crmkit.problems import NotFound, Problem
from crmkit.web import faults, media
from gateway.access.admission import Admission, spend
from gateway.access.callers import is_public
from gateway.access.directory import KnownClient
from gateway.proxy import paths
from gateway.proxy.errors import UnsafePath
from gateway.proxy.exchange import Exchange
from gateway.proxy.forwarding import Forwarder
from gateway.proxy.traffic import Traffic
from gateway.routing import GATEWAY, Row, Table

_PRIVATE = b"/v1/"
# Never refused: who asks it restarts a process that does not answer.
_ALIVE = b"/healthz"
# Only what is read grows large; below this the wire gains less than the compressing costs.
_WORTH_COMPRESSING = 1_024
add_compress_type(media.NDJSON, streaming=True)


@dataclass(frozen=True, slots=True)
class Gate:
    """What the door needs from the running process; the app's lifespan puts it into `app.state.gate`."""

    admission: Admission
    forwarder: Forwarder
    table: Table


class Edge:
    """The ASGI callable of the process, around the gateway's own app."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self._traffic = Traffic()
        self._compressing = CompressMiddleware(self._pass, minimum_size=_WORTH_COMPRESSING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["method"] == "GET":
            await self._compressing(scope, receive, send)
        else:
            await self._pass(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        try:
            await self._serve(self.app.state.gate, exchange)
        except Exception as error:  # noqa: BLE001 - the last net: nothing leaves but a problem
            await _refuse(exchange, faults.of_exception(error))

    async def _serve(self, gate: Gate, exchange: Exchange) -> None:
        raw_path: bytes = exchange.scope["raw_path"]
        admission, key = gate.admission, exchange.inbound.key
        client = admission.known(key)
        exchange.bucket = bucket = client.bucket if client else admission.peer_bucket(exchange.peer)
        try:
            paths.check(raw_path, exchange.scope["query_string"])
        except UnsafePath:
            spend(bucket)
            raise
        # The raw path, so that no encoding of a private path passes as a public one.
        if not raw_path.startswith(_PRIVATE) and is_public(raw_path.decode()):
            if raw_path != _ALIVE:
                spend(bucket)
            await self._answer(exchange, None)
            return
        row = gate.table.match(raw_path)
        if row is None:
            spend(bucket)
            raise NotFound("No service has this path; `GET /docs` shows those there are.")
        if client is None:
            client = await admission.recognise(key, exchange.peer, row)
            exchange.bucket = client.bucket
        admission.authorise(client, row, exchange.method)
        if row.service == GATEWAY:
            await self._answer(exchange, client)
        else:
            await self._forward(gate.forwarder, exchange, row, client)

    async def _forward(self, forwarder: Forwarder, exchange: Exchange, row: Row, client: KnownClient) -> None:
        started = time.perf_counter()
        status = 0
        try:
            status = await forwarder.forward(exchange, row, client)
        except Problem as problem:
            status = problem.status
            raise
        finally:
            self._traffic.note(row.service, exchange.method, status, time.perf_counter() - started)

    async def _answer(self, exchange: Exchange, client: KnownClient | None) -> None:
        """Let the gateway's app answer, for a client that it need not check again."""
        scope = exchange.scope
        state = scope.setdefault("state", {})
        if client is not None:
            state["client"], state["principal"] = client, client.principal
        others = [field for field in scope["headers"] if field[0] != b"x-request-id"]
        scope["headers"] = [*others, (b"x-request-id", exchange.inbound.request_id.encode())]

        async def with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *exchange.limit_fields()]
            await exchange.send(message)

        await self.app(scope, exchange.receive, with_limits)


async def _refuse(exchange: Exchange, problem: Problem) -> None:
    context.enter(context.Context(request_id=exchange.inbound.request_id))
    response = faults.respond(problem, exchange.scope["path"])
    response.raw_headers += exchange.own_fields()
    await response(exchange.scope, exchange.receive, exchange.send)
