"""Whose basket it is: from our own projection, else customer-svc is asked once, briefly, outside any transaction."""

from typing import Annotated, Final
from uuid import UUID

import httpx
import msgspec
import structlog
from asyncpg import Connection
from fastapi import Depends, Request

from campaign.checkouts.rules import Reason
from campaign.checkouts.schemas import NewCheckout
from campaign.projections import repository
from campaign.projections.rules import handle_of
from campaign.schemas import CustomerRef
from campaign.settings import Settings
from crmkit.web.http import Client
from crmkit.web.sessions import database

log = structlog.get_logger()

# An id that nobody has, and what can be no handle at all, such as a telephone number of three digits.
NOBODY: Final = frozenset({httpx.codes.NOT_FOUND, httpx.codes.UNPROCESSABLE_ENTITY})


class Buyer(msgspec.Struct, frozen=True):
    """The customer of a basket; anonymous without an id, `reason` says why when a handle was given.

    is_guess: customer-svc did not say, so that the handle may well be somebody's.
    """

    customer_id: UUID | None = None
    reason: Reason | None = None
    candidates: tuple[UUID, ...] = ()
    is_guess: bool = False


class _Found(msgspec.Struct, frozen=True):
    id: UUID


class _Matches(msgspec.Struct, frozen=True):
    data: list[_Found]


async def identify(request: Request, reference: CustomerRef) -> Buyer:
    """Who a reference means, as far as we know or customer-svc says."""
    async with database(request).connection() as connection:
        found = await _known(connection, reference)
    if found:
        return _of(found)
    settings: Settings = request.app.state.settings
    return await ask(request.app.state.gateway, reference, timeout_s=settings.lookup_timeout_s)


async def _identify(body: NewCheckout, request: Request) -> Buyer:
    return await identify(request, body.customer) if body.customer else Buyer()


IdentifiedBuyer = Annotated[Buyer, Depends(_identify)]


async def ask(gateway: Client, reference: CustomerRef, *, timeout_s: float) -> Buyer:
    """Ask customer-svc who that is; without an answer in time we go on as if nobody were known by it."""
    try:
        return _of(await _look_up(gateway, reference, timeout_s))
    except (httpx.HTTPError, msgspec.DecodeError) as error:
        log.warning("customer_lookup_failed", error=repr(error))
        return Buyer(reason=Reason.CUSTOMER_UNKNOWN, is_guess=True)


def _of(found: list[UUID]) -> Buyer:
    if len(found) == 1:
        return Buyer(found[0])
    return Buyer(reason=Reason.CUSTOMER_AMBIGUOUS if found else Reason.CUSTOMER_UNKNOWN, candidates=tuple(found))


async def _look_up(gateway: Client, reference: CustomerRef, timeout_s: float) -> list[UUID]:
    by_id, given = reference.id is not None, reference.as_given()
    path, params = (f"/v1/customers/{reference.id}", {}) if by_id else ("/v1/customers/lookup", given)
    response = await gateway.get(path, params=params, timeout=timeout_s)
    if response.status_code in NOBODY:
        return []
    answer = response.raise_for_status().content
    if by_id:
        return [msgspec.json.decode(answer, type=_Found).id]
    return [customer.id for customer in msgspec.json.decode(answer, type=_Matches).data]


async def _known(connection: Connection, reference: CustomerRef) -> list[UUID]:
    if reference.id is not None:
        return [reference.id] if await repository.knows_customer(connection, reference.id) else []
    return await repository.find_customers(connection, handle_of(reference))
