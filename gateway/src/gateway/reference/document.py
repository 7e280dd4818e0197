"""The merged OpenAPI document, kept and refreshed."""

import asyncio
import time

import aiohttp
import msgspec

from crmkit.web.auth import HEADER, Principal
from gateway.access.directory import KnownClient
from gateway.access.tokens import Mint
from gateway.proxy.upstreams import Upstreams
from gateway.reference.merging import Document, merge, problems
from gateway.routing import GATEWAY, SERVICES, Table

FRESH_S = 60
# A service that was down is looked for again soon.
FRESH_INCOMPLETE_S = 2
FETCH_TIMEOUT_S = 3


class Reference:
    """The document as JSON bytes; whoever comes when it is stale waits for the one refresh."""

    def __init__(self, upstreams: Upstreams, mint: Mint, table: Table) -> None:
        self._upstreams = upstreams
        self._mint = mint
        self._table = table
        self._itself = KnownClient(Principal(GATEWAY, GATEWAY, frozenset()), per_minute=1, version=1)
        self._body = b""
        self._problems: list[Document] = []
        self._fresh_until = 0.0
        self._refreshing = asyncio.Lock()

    async def body(self, own: Document) -> bytes:
        async with self._refreshing:
            if time.monotonic() >= self._fresh_until:
                await self._refresh(own)
            return self._body

    async def problems(self, own: Document) -> list[Document]:
        """What may be refused, and why; a service that is down keeps what it told last."""
        await self.body(own)
        return self._problems

    async def _refresh(self, own: Document) -> None:
        fetched = await asyncio.gather(*(self._fetch(service) for service in SERVICES))
        documents = {service: document for service, document in zip(SERVICES, fetched, strict=True) if document}
        missing = [service for service in SERVICES if service not in documents]
        merged = merge({GATEWAY: own} | documents, missing, self._table)
        self._body = msgspec.json.encode(merged)
        self._problems = problems([merged, {"x-problems": self._problems}])
        self._fresh_until = time.monotonic() + (FRESH_INCOMPLETE_S if missing else FRESH_S)

    async def _fetch(self, service: str) -> Document | None:
        token = [(HEADER, self._mint.token(self._itself, service))]
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_S):
                response = await self._upstreams.send(service, "GET", "/openapi.json", token, None)
                async with response:
                    body = await response.read()
            return msgspec.json.decode(body, type=Document) if response.status == 200 else None
        except (OSError, aiohttp.ClientError, TimeoutError, msgspec.DecodeError):
            return None
