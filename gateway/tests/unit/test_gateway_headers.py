"""Which header fields pass."""

import pytest

from gateway.proxy.headers import Inbound, answered


def forwarded(*fields: tuple[bytes, bytes]) -> dict[str, str]:
    passed = dict(Inbound(fields).forwarded)
    passed.pop("X-Request-Id")
    return passed


@pytest.mark.parametrize(
    "name",
    [
        b"x-perennial-token",
        b"x-perennial-anything",
        b"authorization",
        b"x-api-key",
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-real-ip",
        b"via",
        b"host",
        b"connection",
        b"keep-alive",
        b"te",
        b"trailer",
        b"upgrade",
        b"proxy-authorization",
        b"expect",
    ],
)
def test_not_forwarded(name: bytes) -> None:
    assert forwarded((name, b"x")) == {}


def test_forwarded() -> None:
    fields = [(b"accept", b"application/x-ndjson"), (b"traceparent", b"00-1-2-01"), (b"idempotency-key", b'"k"')]
    assert forwarded(*fields) == {
        "accept": "application/x-ndjson",
        "traceparent": "00-1-2-01",
        "idempotency-key": '"k"',
    }


def test_what_connection_names_stays_behind() -> None:
    assert forwarded((b"x-secret", b"1"), (b"connection", b"close, X-Secret"), (b"accept", b"*/*")) == {"accept": "*/*"}


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ([(b"authorization", b"Bearer pk_a_b")], b"pk_a_b"),
        ([(b"authorization", b"bearer  pk_a_b ")], b"pk_a_b"),
        ([(b"x-api-key", b"pk_a_b")], b"pk_a_b"),
        ([(b"x-api-key", b"pk_other"), (b"authorization", b"Bearer pk_a_b")], b"pk_a_b"),
        ([(b"authorization", b"Basic YTpi")], None),
        ([], None),
    ],
)
def test_the_key(fields: list[tuple[bytes, bytes]], key: bytes | None) -> None:
    assert Inbound(fields).key == key


def test_a_request_id_is_kept_or_made() -> None:
    assert Inbound([(b"x-request-id", b"abc")]).request_id == "abc"
    made = Inbound([(b"x-request-id", b"x" * 200)])
    assert len(made.request_id) == 32
    assert ("X-Request-Id", made.request_id) in made.forwarded


def test_answers_lose_what_is_of_the_connection() -> None:
    fields = [(b"Content-Type", b"text/csv"), (b"Transfer-Encoding", b"chunked"), (b"X-Request-Id", b"theirs")]
    assert answered([*fields, (b"Set-Cookie", b"a"), (b"Set-Cookie", b"b")]) == [
        (b"content-type", b"text/csv"),
        (b"set-cookie", b"a"),
        (b"set-cookie", b"b"),
    ]
