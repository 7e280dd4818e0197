"""What is read and large leaves compressed, as the client likes it; streams keep streaming."""

import asyncio

import pytest

LARGE = {"data": ["a row of a list"] * 500}


@pytest.fixture(autouse=True)
def a_list(upstream) -> None:
    upstream.answers({"/v1/customers": LARGE, "/v1/orders": {"data": []}})


@pytest.mark.parametrize(
    ("accepted", "used"),
    [("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("gzip, deflate, br, zstd", "zstd"), ("identity", None)],
)
async def test_a_list_is_compressed_as_the_client_likes_it(http, accepted: str, used: str | None) -> None:
    async with http.stream("GET", "/v1/customers", headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == used
    assert (len(raw) < 1_000) == (used is not None)
    if used:
        assert answer.headers["vary"] == "Accept-Encoding"
    else:
        assert len(raw) == int(answer.headers["content-length"])


async def test_what_is_small_or_written_stays_as_it_is(http) -> None:
    offer = {"Accept-Encoding": "gzip"}
    assert "content-encoding" not in (await http.get("/v1/orders", headers=offer)).headers
    assert "content-encoding" not in (await http.post("/v1/customers", json={}, headers=offer)).headers
    head = await http.head("/v1/customers", headers=offer)
    assert (head.content, head.headers.get("content-encoding")) == (b"", None)


async def test_the_first_rows_of_a_stream_arrive_before_its_last(http, upstream) -> None:
    more = asyncio.Event()

    async def handle(scope, receive, send) -> None:
        fields = [(b"content-type", b"application/x-ndjson")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": b'{"a":1}\n' * 200_000, "more_body": True})
        await asyncio.wait_for(more.wait(), 10)
        await send({"type": "http.response.body", "body": b'{"b":2}\n'})

    upstream.handler = handle
    async with http.stream("GET", "/v1/customers", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        parts = answer.aiter_bytes()
        assert b'{"a":1}' in await asyncio.wait_for(anext(parts), 10)
        more.set()
        assert b'{"b":2}' in b"".join([part async for part in parts])[-20:]
