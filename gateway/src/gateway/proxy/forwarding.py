"""One request to a service and its answer back, both streamed."""

import asyncio

import aiohttp

from crmkit.web.auth import HEADER
from gateway.access.directory import KnownClient
from gateway.access.tokens import Mint
from gateway.proxy import headers
from gateway.proxy.bodies import WHOLE, ClientGone, Streamed, too_large, whole
from gateway.proxy.departures import Departure
from gateway.proxy.errors import BadGateway, GatewayTimeout, ServiceUnavailable
from gateway.proxy.exchange import Exchange
from gateway.proxy.upstreams import Upstreams
from gateway.routing import Row


class Forwarder:
    """Carries requests to the services under the client's internal token."""

    def __init__(self, upstreams: Upstreams, mint: Mint, body_limit: int) -> None:
        self._upstreams = upstreams
        self._mint = mint
        self._body_limit = body_limit

    async def forward(self, exchange: Exchange, row: Row, client: KnownClient) -> int:
        """Answer the request from `row.service`; give the status, 0 when the client left.

        Raises: Problem, only while nothing is sent yet.
        """
        departure = Departure(exchange.receive)
        try:
            body = await self._body(exchange, row, departure)
            exchange.inbound.forwarded.append((HEADER, self._mint.token(client, row.service)))
            response = await self._answer(exchange, row, body)
            try:
                await _relay(response, exchange)
            finally:
                response.close()
            return response.status
        except ClientGone:
            return 0
        except asyncio.CancelledError:
            if not departure.noticed:
                raise
            return 0
        finally:
            departure.disarm()

    async def _body(self, exchange: Exchange, row: Row, departure: Departure) -> bytes | Streamed | None:
        inbound = exchange.inbound
        limit = None if row.unlimited_body else self._body_limit
        if limit is not None and inbound.length > limit:
            raise too_large(limit)
        if inbound.chunked or inbound.length > WHOLE:
            if inbound.length:
                inbound.forwarded.append(("Content-Length", str(inbound.length)))
            return Streamed(exchange.receive, limit, departure.arm)
        body = await whole(exchange.receive) if inbound.length else None
        departure.arm()
        return body

    async def _answer(self, exchange: Exchange, row: Row, body: bytes | Streamed | None) -> aiohttp.ClientResponse:
        try:
            return await self._upstreams.send(
                row.service, exchange.method, exchange.target, exchange.inbound.forwarded, body
            )
        except (OSError, aiohttp.ClientError, TimeoutError) as error:
            if isinstance(body, Streamed):
                if body.client_gone:
                    raise ClientGone from error
                if body.problem is not None:
                    raise body.problem from error
            raise _fault(row.service, error) from error


def _fault(service: str, error: BaseException) -> ServiceUnavailable | GatewayTimeout | BadGateway:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return ServiceUnavailable(service)
    if isinstance(error, TimeoutError):
        return GatewayTimeout(service)
    if isinstance(error, (OSError, aiohttp.ClientConnectionError)):
        return ServiceUnavailable(service)
    return BadGateway(service)


async def _relay(response: aiohttp.ClientResponse, exchange: Exchange) -> None:
    """Pass the answer on chunk by chunk; when it breaks off, stop without an end, so that the client sees it too."""
    send = exchange.send
    fields = headers.answered(response.raw_headers)
    fields += exchange.own_fields()
    await send({"type": "http.response.start", "status": response.status, "headers": fields})
    content = response.content
    more = True
    try:
        while more:
            chunk = await content.readany()
            more = not content.at_eof()
            await send({"type": "http.response.body", "body": chunk, "more_body": more})
    except (OSError, aiohttp.ClientError, TimeoutError):
        return
