"""Which header fields pass, in both directions, and what the gateway reads of them on the way in."""

import secrets
from collections.abc import Iterable

from gateway.access import keys

Raw = tuple[bytes, bytes]

# RFC 9110, 7.6.1: they speak of one connection, not of the message.
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# What only the gateway may say, and what is for it alone.
_NOT_FORWARDED = HOP_BY_HOP | {b"host", b"expect", b"forwarded", b"via", b"x-real-ip"}
_FOR_GATEWAY = frozenset({b"authorization", b"x-api-key", b"content-length", b"x-request-id"})
_INTERNAL = (b"x-perennial-", b"x-forwarded-")
# The gateway's answer to the client has its own.
_NOT_ANSWERED = HOP_BY_HOP | {b"x-request-id", b"ratelimit", b"ratelimit-policy"}

_MAX_REQUEST_ID = 128


class Inbound:
    """The fields of one request: what the gateway needs, and `forwarded`, what the service gets."""

    __slots__ = ("chunked", "forwarded", "key", "length", "request_id")

    def __init__(self, fields: Iterable[Raw]) -> None:
        self.forwarded: list[tuple[str, str]] = []
        self.key: bytes | None = None
        self.request_id = ""
        self.length = 0
        self.chunked = False
        for name, value in fields:
            if name in _NOT_FORWARDED:
                self._read_hop(name, value)
            elif name in _FOR_GATEWAY:
                self._read_own(name, value)
            elif not name.startswith(_INTERNAL):
                self.forwarded.append((name.decode("latin-1"), value.decode("utf-8", "replace")))
        if not self.request_id:
            self.request_id = secrets.token_hex(16)
        self.forwarded.append(("X-Request-Id", self.request_id))

    def _read_hop(self, name: bytes, value: bytes) -> None:
        if name == b"transfer-encoding":
            self.chunked = True
        elif name == b"connection" and value.lower() not in (b"keep-alive", b"close"):
            listed = {token.strip().lower().decode("latin-1") for token in value.split(b",")}
            self.forwarded = [field for field in self.forwarded if field[0] not in listed]

    def _read_own(self, name: bytes, value: bytes) -> None:
        if name == b"authorization":
            self.key = keys.of_authorization(value) or self.key
        elif name == b"x-api-key":
            self.key = self.key or value
        elif name == b"content-length":
            self.length = int(value)
        else:
            given = value.decode("latin-1")
            if len(given) <= _MAX_REQUEST_ID and given.isascii() and given.isprintable():
                self.request_id = given


def answered(fields: Iterable[Raw]) -> list[Raw]:
    """A service's header fields as they go on to the client, names in lower case."""
    passed = []
    for name, value in fields:
        lower = name.lower()
        if lower not in _NOT_ANSWERED:
            passed.append((lower, value))
    return passed
