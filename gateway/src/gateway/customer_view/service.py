"""Everything about one customer, asked of all services at once."""

import asyncio
from dataclasses import dataclass

import aiohttp
import msgspec

from crmkit import context
from crmkit.problems import NotFound, Unavailable
from crmkit.web.auth import HEADER
from gateway.access.directory import KnownClient
from gateway.access.tokens import Mint
from gateway.customer_view import parts
from gateway.customer_view.parts import OTHERS, PROFILE, Answer, Part, Reason
from gateway.proxy.upstreams import Upstreams
from gateway.routing import Table


class CustomerNotFound(NotFound):
    def __init__(self, customer_id: str) -> None:
        super().__init__(f"There is no customer {customer_id}.")


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Asks the services in the name of one client."""

    upstreams: Upstreams
    mint: Mint
    table: Table
    client: KnownClient
    timeout_s: float

    async def ask(self, part: Part, customer_id: str) -> Answer:
        """One part; a service that is down or slow costs only its own."""
        target = parts.target(part, customer_id)
        row = self.table.match(target.partition("?")[0].encode())
        if row is None or not self.client.principal.may(row.read):
            return Answer(part, reason=Reason.FORBIDDEN)
        headers = [(HEADER, self.mint.token(self.client, row.service)), *_trace()]
        try:
            async with asyncio.timeout(self.timeout_s):
                response = await self.upstreams.send(row.service, "GET", target, headers, None)
                async with response:
                    return parts.of_response(part, response.status, await response.read())
        except TimeoutError:
            return Answer(part, reason=Reason.TIMEOUT)
        except (OSError, aiohttp.ClientError):
            return Answer(part, reason=Reason.SERVICE_UNAVAILABLE)
        except msgspec.DecodeError:
            return Answer(part, reason=Reason.ERROR)


async def view(inquiry: Inquiry, customer_id: str) -> bytes:
    """The view as JSON. Raises: CustomerNotFound; Unavailable when an external id cannot be resolved."""
    if parts.is_external(customer_id):
        profile = await inquiry.ask(PROFILE, customer_id)
        found = _known(profile, customer_id)
        if found is None:
            raise Unavailable("Customer profiles cannot be reached to look up the external id.")
        others = await asyncio.gather(*(inquiry.ask(part, found) for part in OTHERS))
        return parts.document(found, [profile, *others])
    profile, *others = await asyncio.gather(*(inquiry.ask(part, customer_id) for part in (PROFILE, *OTHERS)))
    return parts.document(_known(profile, customer_id) or customer_id, [profile, *others])


def _known(profile: Answer, customer_id: str) -> str | None:
    """The customer's id, None when the profile could not be had."""
    if profile.content is None and profile.reason is None:
        raise CustomerNotFound(customer_id)
    return parts.identity(profile)


def _trace() -> list[tuple[str, str]]:
    now = context.current()
    given = (("X-Request-Id", now.request_id), ("traceparent", now.traceparent))
    return [(name, value) for name, value in given if value]
