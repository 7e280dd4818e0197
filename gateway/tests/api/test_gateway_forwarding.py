"""What the proxy does to a request and to its answer: nothing that it need not."""

import gzip
import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crmkit.web.auth import Verifier


async def exchange(connect, request: str) -> tuple[bytes, bytes]:
    """Head and body of the answer to one request."""
    async with connect() as (reader, writer):
        writer.write(request.encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        return head, body


async def test_the_service_gets_exactly_these_bytes(connect, upstream, admin_key) -> None:
    target = "/v1/customers/ext:tcj:1%2F2%20%c3%A9~?q=a+b&x=%2e%2E/../&card=&y=[1]"
    head, body = await exchange(
        connect, f"GET {target} HTTP/1.1\r\nHost: x\r\nX-API-Key: {admin_key}\r\nConnection: close\r\n\r\n"
    )
    assert head.startswith(b"HTTP/1.1 200")
    assert json.loads(body)["target"] == target


@pytest.mark.parametrize(
    "path", ["/v1/customers/%2e%2e/clients", "/v1/customers/../clients", "/v1/customers/a%5cb", "/v1//clients"]
)
async def test_unsafe_paths_reach_no_service(connect, upstream, admin_key, path) -> None:
    head, body = await exchange(
        connect, f"GET {path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {admin_key}\r\nConnection: close\r\n\r\n"
    )
    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["code"] == "unsafe_path"
    assert b"application/problem+json" in head
    assert not upstream.requests


async def test_internal_fields_are_the_gateways_alone(http, upstream, token_key) -> None:
    forged = {"X-Perennial-Token": "forged", "X-Forwarded-For": "8.8.8.8", "Forwarded": "for=8.8.8.8", "TE": "trailers"}
    await http.get("/v1/customers", headers=forged | {"traceparent": "00-abc-def-01", "Accept": "text/csv"})
    sent = upstream.last_headers
    public = token_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert Verifier(public, "customer")(sent["x-perennial-token"]).scopes == {"admin"}
    assert sent["traceparent"] == "00-abc-def-01"
    assert sent["accept"] == "text/csv"
    assert not {"authorization", "x-api-key", "x-forwarded-for", "forwarded", "te"} & set(sent)


async def test_a_token_is_used_again_per_service(http, upstream) -> None:
    tokens = []
    for path in ("/v1/customers", "/v1/customers", "/v1/scores"):
        await http.get(path)
        tokens.append(upstream.last_headers["x-perennial-token"])
    assert tokens[0] == tokens[1] != tokens[2]


async def test_every_answer_has_request_id_and_limits(http, upstream) -> None:
    given = await http.get("/v1/customers", headers={"X-Request-Id": "mine-1"})
    assert given.headers["x-request-id"] == upstream.last_headers["x-request-id"] == "mine-1"
    assert given.headers["ratelimit-policy"] == '"client";q=1000000;w=60'
    assert given.headers["ratelimit"].startswith('"client";r=9')
    for path in ("/v1/customers", "/v1/nothing", "/v1/tickets", "/v1/clients", "/healthz", "/openapi.json"):
        answer = await http.get(path)
        assert answer.headers["x-request-id"], path
        assert answer.headers["ratelimit"], path
        assert answer.headers["ratelimit-policy"], path


async def test_encoded_answers_stay_encoded(http, upstream) -> None:
    packed = gzip.compress(b'{"a": 1}')

    async def handler(scope, receive, send) -> None:
        fields = [(b"content-encoding", b"gzip"), (b"connection", b"close"), (b"etag", b'"1"')]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": packed})

    upstream.handler = handler
    async with http.stream("GET", "/v1/customers") as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert raw == packed
    assert answer.headers["etag"] == '"1"'
    assert "connection" not in answer.headers


async def test_head_has_no_body_and_keeps_its_length(http, upstream) -> None:
    answer = await http.head("/v1/customers")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 0
    assert answer.content == b""


async def test_answers_without_a_body(http, upstream) -> None:
    async def handler(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    upstream.handler = handler
    answer = await http.delete("/v1/customers/1")
    assert answer.status_code == 204
    assert (await http.get("/v1/customers")).status_code == 204


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 1_048_576])
async def test_bodies_arrive_whole(http, upstream, size) -> None:
    answer = await http.post("/v1/orders", content=b"x" * size, headers={"Content-Type": "application/json"})
    assert answer.json() == {"method": "POST", "target": "/v1/orders", "body_size": size}
    assert upstream.last_headers["content-length"] == str(size)
    assert upstream.last_headers["content-type"] == "application/json"


async def test_a_body_over_the_limit_is_refused(http, upstream) -> None:
    declared = await http.post("/v1/orders", content=b"x" * 1_048_577)
    assert declared.status_code == 413
    assert not upstream.requests

    async def undeclared():
        for _ in range(17):
            yield b"x" * 65_536

    answer = await http.post("/v1/orders", content=undeclared())
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"


async def test_imports_have_no_limit(http, upstream) -> None:
    async def chunks():
        for _ in range(64):
            yield b"x" * 65_536

    answer = await http.post("/v1/imports?resource=orders", content=chunks())
    assert answer.json()["body_size"] == 64 * 65_536


async def test_a_service_that_is_down_leaves_the_others(http, upstream) -> None:
    answer = await http.get("/v1/tickets")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["code"] == "service_unavailable"
    assert (await http.get("/v1/customers")).status_code == 200


async def test_a_service_that_is_silent_is_504(http, upstream) -> None:
    async def handler(scope, receive, send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    upstream.handler = handler
    answer = await http.get("/v1/customers")
    assert answer.status_code == 504
    assert answer.json()["code"] == "gateway_timeout"


async def test_an_unknown_path_is_404(http, upstream) -> None:
    answer = await http.get("/v1/nothing")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert not upstream.requests
