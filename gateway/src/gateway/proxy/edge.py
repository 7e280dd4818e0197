"""The gateway's door: every request comes in here and leaves forwarded, answered by the gateway's app, or refused."""

import time
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from crmkit import context, faults
from crmkit.problems import NotFound, Problem
from gateway.access.admission import Admission
from gateway.access.callers import is_public
from gateway.access.directory import Client
from gateway.access.limits import Bucket
from gateway.proxy import paths
from gateway.proxy.forwarding import Forwarder
from gateway.proxy.headers import Inbound, Raw
from gateway.proxy.traffic import Traffic
from gateway.routing import GATEWAY, Route, Table

_PRIVATE = b"/v1/"


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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        inbound = Inbound(scope["headers"])
        try:
            await self._serve(self.app.state.gate, scope, receive, send, inbound)
        except Exception as error:  # noqa: BLE001 - the last net: nothing leaves but a problem
            await _refuse(faults.of_exception(error), scope, receive, send, inbound)

    async def _serve(self, gate: Gate, scope: Scope, receive: Receive, send: Send, inbound: Inbound) -> None:
        raw_path: bytes = scope["raw_path"]
        admission = gate.admission
        client = admission.known(inbound.key)
        inbound.bucket = client.bucket if client else admission.peer_bucket(_peer(scope))
        paths.check(raw_path, scope["query_string"])
        if not raw_path.startswith(_PRIVATE) and is_public(raw_path.decode()):
            await self._answer(scope, receive, send, inbound, None)
            return
        route = gate.table.match(raw_path)
        if route is None:
            raise NotFound("No service has this path.")
        if client is None:
            client = await admission.recognise(inbound.key, _peer(scope), route)
            inbound.bucket = client.bucket
        admission.authorise(client, route, scope["method"])
        if route.service == GATEWAY:
            await self._answer(scope, receive, send, inbound, client)
        else:
            await self._forward(gate.forwarder, scope, receive, send, inbound, route, client)

    async def _forward(
        self,
        forwarder: Forwarder,
        scope: Scope,
        receive: Receive,
        send: Send,
        inbound: Inbound,
        route: Route,
        client: Client,
    ) -> None:
        started = time.perf_counter()
        status = 0
        try:
            status = await forwarder.forward(
                scope, receive, send, inbound=inbound, route=route, client=client, own=_own_fields(inbound)
            )
        except Problem as problem:
            status = problem.status
            raise
        finally:
            self._traffic.note(route.service, scope["method"], status, time.perf_counter() - started)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, inbound: Inbound, client: Client | None
    ) -> None:
        """Let the gateway's app answer, for a client that it need not check again."""
        state = scope.setdefault("state", {})
        if client is not None:
            state["client"], state["principal"] = client, client.principal
        others = [field for field in scope["headers"] if field[0] != b"x-request-id"]
        scope["headers"] = [*others, (b"x-request-id", inbound.request_id.encode())]

        async def with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_limit_fields(inbound.bucket)]
            await send(message)

        await self.app(scope, receive, with_limits)


async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send, inbound: Inbound) -> None:
    context.enter(context.Context(request_id=inbound.request_id))
    response = problem.response(scope["path"])
    response.raw_headers += _own_fields(inbound)
    await response(scope, receive, send)


def _own_fields(inbound: Inbound) -> list[Raw]:
    return [(b"x-request-id", inbound.request_id.encode()), *_limit_fields(inbound.bucket)]


def _limit_fields(bucket: Bucket | None) -> list[Raw]:
    return [(b"ratelimit", bucket.state()), (b"ratelimit-policy", bucket.policy)] if bucket else []


def _peer(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else "unknown"
