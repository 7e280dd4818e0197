"""Calls to other services: always through the gateway, with this service's own client, never without a timeout."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import httpx

from crmkit import context
from crmkit.events.consumers import FeedEpochChanged, FeedUnavailable, Read
from crmkit.settings import Settings

Client = httpx.AsyncClient

_LATER: Final = frozenset({429, 502, 503, 504})


def client(settings: Settings, *, timeout_s: float = 5.0) -> Client:
    """A pooled client of the gateway; a call carries the present request's id and trace."""
    return httpx.AsyncClient(
        base_url=settings.gateway_url,
        headers={"Authorization": f"Bearer {settings.api_key.get_secret_value()}"},
        timeout=httpx.Timeout(timeout_s, connect=2.0),
        event_hooks={"request": [_carry_context]},
    )


def is_transient(error: BaseException) -> bool:
    """Whether a call may succeed later as it stands: nothing answered, or the answer was `later`."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in _LATER
    return isinstance(error, httpx.TransportError)


def feed_reader(gateway: Client) -> Read:
    """How a consumer reads a feed."""

    async def read(feed: str, asked: Mapping[str, Any]) -> bytes:
        try:
            response = await gateway.get(f"/v1/feeds/{feed}", params=asked, timeout=asked["wait"] + 15)
            if response.status_code == 409:
                raise FeedEpochChanged
            return response.raise_for_status().content
        except httpx.HTTPError as error:
            raise FeedUnavailable(repr(error)) from error

    return read


async def stream_lines(
    gateway: Client, path: str, params: dict[str, Any], *, idle_s: float = 60.0
) -> AsyncIterator[bytes]:
    """The NDJSON lines of a list, as they come; raises httpx.HTTPStatusError on anything but 200."""
    headers = {"Accept": "application/x-ndjson"}
    async with gateway.stream("GET", path, params=params, headers=headers, timeout=idle_s) as response:
        response.raise_for_status()
        pending = b""
        async for block in response.aiter_bytes():
            *lines, pending = (pending + block).split(b"\n")
            for line in lines:
                if line:
                    yield line
        if pending:
            yield pending


async def _carry_context(request: httpx.Request) -> None:
    now = context.current()
    if now.request_id:
        request.headers.setdefault("X-Request-Id", now.request_id)
    if now.traceparent:
        request.headers.setdefault("traceparent", now.traceparent)
