"""The gateway under test: its database, one server that stands for every service, the whole process in front."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.types import ASGIApp, Receive, Scope, Send

import crmkit.testing
from crmkit.data.db import Database
from gateway.access.scopes import Scope as ApiScope
from gateway.clients import service as clients
from gateway.clients.schemas import NewClient
from gateway.clients.service import Created
from gateway.main import create_app
from gateway.proxy.edge import Edge
from gateway.settings import Settings

MakeClient = Callable[..., Awaitable[Created]]
Connect = Callable[[], AbstractAsyncContextManager[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


@dataclass
class Upstream:
    """Stands for the services: answers as `handler` says, keeps what it was asked."""

    url: str = ""
    handler: ASGIApp | None = None
    requests: list[Scope] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests.append(scope)
        await (self.handler or echo)(scope, receive, send)

    @property
    def last_headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.requests[-1]["headers"]}

    def answers(self, by_path: dict[str, Any], status: int = 404) -> None:
        """Answer the document of the path, else `status`."""

        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            document = by_path.get(scope["path"])
            await answer(send, document or {"code": "none"}, 200 if document else status)

        self.handler = handle


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """What arrived, as JSON."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    target = scope["raw_path"].decode() + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
    await answer(send, {"method": scope["method"], "target": target, "body_size": size})


async def answer(send: Send, document: Any, status: int = 200) -> None:
    body = json.dumps(document).encode()
    fields = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, lifespan: str = "on") -> AsyncIterator[str]:
    """The app behind a real server on a free port; gives its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, http="httptools", lifespan=lifespan, log_config=None, access_log=False, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            assert not task.done(), "the server did not start"
            await asyncio.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


@pytest.fixture(scope="session")
def service() -> crmkit.testing.Service:
    return crmkit.testing.Service(folder=Path(__file__).parents[1], settings=Settings, app=lambda s: create_app(s).app)


@pytest.fixture(scope="session")
async def upstream_server() -> AsyncIterator[Upstream]:
    upstream = Upstream()
    async with serving(upstream, lifespan="off") as url:
        upstream.url = url
        yield upstream


@pytest.fixture
def upstream(upstream_server: Upstream) -> Upstream:
    """The services, echoing until a test says otherwise."""
    upstream_server.handler = None
    upstream_server.requests.clear()
    return upstream_server


@pytest.fixture(scope="session")
def gateway_settings(settings: Settings, token_key: Ed25519PrivateKey, upstream_server: Upstream) -> Settings:
    """callcenter-svc is down, the others are `upstream`."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}"
    private = token_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    urls = {f"{name}_url": upstream_server.url for name in ("customer", "segment", "campaign")}
    given: dict[str, Any] = {
        "token_private_key": private,
        "callcenter_url": closed,
        "pool_size": 4,
        "answer_timeout_s": 1.0,
        "part_timeout_s": 0.5,
        "clients_poll_s": 0.2,
    }
    return Settings(**(settings.model_dump() | urls | given))


@pytest.fixture(scope="session")
async def edge(gateway_settings: Settings) -> Edge:
    return create_app(gateway_settings)


@pytest.fixture(scope="session")
async def gateway_url(edge: Edge) -> AsyncIterator[str]:
    async with serving(edge) as url:
        yield url


@pytest.fixture(scope="session")
def make_client(database: Database) -> MakeClient:
    """Makes a client with these scopes and gives it with its key."""
    made = iter(range(1_000_000))

    async def make(*scopes: ApiScope, **limits: int) -> Created:
        async with database.begin() as session:
            return await clients.create_client(session, NewClient(name=f"test-{next(made)}", scopes=scopes, **limits))

    return make


@pytest.fixture(scope="session")
async def admin_key(make_client: MakeClient) -> str:
    return (await make_client(ApiScope.ADMIN, requests_per_minute=1_000_000)).key


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Database]:
    """A pool of one connection, for one test."""
    pool = Database.of(settings.model_copy(update={"pool_size": 1}))
    yield pool
    await pool.close()


@pytest.fixture
async def http(gateway_url: str, admin_key: str) -> AsyncIterator[httpx.AsyncClient]:
    """An admin's client of the running gateway."""
    headers = {"Authorization": f"Bearer {admin_key}"}
    async with httpx.AsyncClient(base_url=gateway_url, headers=headers, timeout=10) as client:
        yield client


@pytest.fixture
def connect(gateway_url: str) -> Connect:
    """A bare connection to the gateway, for what no HTTP client would send."""

    @contextlib.asynccontextmanager
    async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        parts = urlsplit(gateway_url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    return connected
