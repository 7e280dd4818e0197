"""Kept connections that turn out to be closed: only what is safe to repeat is sent again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest

from gateway.proxy.bodies import Streamed
from gateway.proxy.upstreams import Upstreams
from gateway.settings import Settings

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Forgetful:
    """A server that answers once on each connection and drops it at the second request."""

    def __init__(self) -> None:
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answers in (ANSWER, b""):
            with contextlib.suppress(asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                writer.write(answers)
        writer.close()


@pytest.fixture
def forgetful() -> Forgetful:
    return Forgetful()


@pytest.fixture
async def upstreams(forgetful: Forgetful) -> AsyncIterator[Upstreams]:
    server = await asyncio.start_server(forgetful.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    upstreams = Upstreams(Settings(database_url="", customer_url=f"http://127.0.0.1:{port}"))
    yield upstreams
    await upstreams.close()
    server.close()


async def ask(upstreams: Upstreams, method: str, body: bytes | Streamed | None = None) -> int:
    async with await upstreams.send("customer", method, "/v1/customers", [], body) as response:
        await response.read()
        return response.status


async def test_a_get_is_sent_again(upstreams: Upstreams, forgetful: Forgetful) -> None:
    assert [await ask(upstreams, "GET") for _ in range(3)] == [200, 200, 200]
    assert forgetful.requests == 5


async def test_a_post_is_sent_once(upstreams: Upstreams, forgetful: Forgetful) -> None:
    assert await ask(upstreams, "GET") == 200
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await ask(upstreams, "POST", b"{}")
    assert forgetful.requests == 2


async def test_a_streamed_body_is_sent_once_by_any_method(upstreams: Upstreams, forgetful: Forgetful) -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    assert await ask(upstreams, "GET") == 200
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await ask(upstreams, "PUT", Streamed(receive, None, lambda: None))
    assert forgetful.requests == 2
