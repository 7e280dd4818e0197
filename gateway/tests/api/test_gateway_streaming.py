"""Both ways unbuffered, at the pace of the slower side, and over when one side leaves."""

import asyncio

import httpx
import pytest

CHUNK = b"x" * 65_536
IN_TIME_S = 10


async def gone(receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def start(send, **fields: str) -> None:
    headers = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def test_an_upload_passes_chunk_by_chunk(http, upstream) -> None:
    first_arrived = asyncio.Event()

    async def handler(scope, receive, send) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message["body"]), message["more_body"]
            first_arrived.set()
        await start(send)
        await send({"type": "http.response.body", "body": str(size).encode()})

    async def body():
        yield CHUNK
        await first_arrived.wait()
        yield CHUNK

    upstream.handler = handler
    async with asyncio.timeout(IN_TIME_S):
        answer = await http.post("/v1/imports?resource=orders", content=body())
    assert answer.text == str(2 * len(CHUNK))


async def test_a_download_passes_line_by_line(http, upstream) -> None:
    first_arrived = asyncio.Event()

    async def handler(scope, receive, send) -> None:
        await start(send)
        await send({"type": "http.response.body", "body": b"1\n", "more_body": True})
        await first_arrived.wait()
        await send({"type": "http.response.body", "body": b"2\n"})

    upstream.handler = handler
    async with asyncio.timeout(IN_TIME_S), http.stream("GET", "/v1/customers") as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == "1"
        first_arrived.set()
        assert [line async for line in lines] == ["2"]


async def test_an_answer_nobody_reads_is_held_back_and_ends_with_its_client(http, upstream) -> None:
    """More is offered than every buffer on the way can hold, so the service waits until the client has left."""
    offered = 100_000
    sent = 0
    ended = asyncio.Event()

    async def handler(scope, receive, send) -> None:
        nonlocal sent
        leaving = asyncio.create_task(gone(receive))
        await start(send)
        while sent < offered and not leaving.done():
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
            sent += 1
            await asyncio.sleep(0)  # into a broken connection `send` never waits
        ended.set()

    upstream.handler = handler
    async with asyncio.timeout(IN_TIME_S):
        async with http.stream("GET", "/v1/customers") as answer:
            await anext(answer.aiter_raw())
        await ended.wait()
    assert sent < offered


async def test_a_long_poll_ends_when_its_client_leaves(http, upstream) -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def handler(scope, receive, send) -> None:
        asked.set()
        await gone(receive)
        ended.set()

    upstream.handler = handler
    async with asyncio.timeout(IN_TIME_S):
        request = asyncio.create_task(http.get("/v1/feeds/customer?wait=30"))
        await asked.wait()
        request.cancel()
        await ended.wait()


async def test_half_an_upload_never_looks_whole(connect, upstream, admin_key) -> None:
    arrived, outcome = asyncio.Event(), asyncio.Queue[str]()

    async def handler(scope, receive, send) -> None:
        while (message := await receive())["type"] == "http.request":
            arrived.set()
            if not message["more_body"]:
                outcome.put_nowait("whole")
        outcome.put_nowait("broken off")

    upstream.handler = handler
    head = f"POST /v1/imports HTTP/1.1\r\nHost: x\r\nX-API-Key: {admin_key}\r\n"
    for framing in ("Content-Length: 1000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n10000\r\n"):
        arrived.clear()
        async with asyncio.timeout(IN_TIME_S):
            async with connect() as (_, writer):
                writer.write((head + framing).encode() + CHUNK)
                await arrived.wait()
            assert await outcome.get() == "broken off"


async def test_an_answer_that_breaks_off_never_looks_whole(http, upstream) -> None:
    async def handler(scope, receive, send) -> None:
        await start(send)
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    upstream.handler = handler
    with pytest.raises(httpx.RemoteProtocolError):
        await http.get("/v1/customers")


async def test_an_early_refusal_ends_an_upload(http, upstream) -> None:
    async def handler(scope, receive, send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 422, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"no"})

    async def body():
        for _ in range(16):
            yield CHUNK

    upstream.handler = handler
    async with asyncio.timeout(IN_TIME_S):
        answer = await http.post("/v1/imports", content=body())
    assert answer.status_code == 422


async def test_expect_is_answered_only_when_the_body_is_wanted(connect, upstream, admin_key) -> None:
    head = "POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n"
    async with asyncio.timeout(IN_TIME_S):
        async with connect() as (reader, writer):
            writer.write(f"{head}X-API-Key: {admin_key}\r\n\r\n".encode())
            assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
            writer.write(b"abc")
            assert b'"body_size": 3' in await reader.read()
        async with connect() as (reader, writer):
            writer.write(f"{head}\r\n".encode())
            assert (await reader.readline()).startswith(b"HTTP/1.1 401")


async def test_a_connection_closed_while_idle_is_not_noticed_by_the_client(http, upstream) -> None:
    async def handler(scope, receive, send) -> None:
        await start(send, connection="close")
        await send({"type": "http.response.body", "body": b"ok"})

    upstream.handler = handler
    for _ in range(3):
        assert (await http.get("/v1/customers")).text == "ok"
