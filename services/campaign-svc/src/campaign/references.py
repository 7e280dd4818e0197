"""Whom a reference means: from our own projection, else customer-svc is asked once, briefly, outside a transaction."""

from typing import Final, Literal
from uuid import UUID

import httpx
import msgspec
import structlog
from asyncpg import Connection
from fastapi import Request

from campaign.projections import repository
from campaign.projections.rules import CustomerHandle, handle_of
from campaign.schemas import CustomerRef
from campaign.settings import Settings
from crmkit.web.http import Client
from crmkit.web.sessions import database

log = structlog.get_logger()

Resolution = Literal["resolved", "pending", "ambiguous"]

# An id that nobody has, and what can be no handle at all, such as a telephone number of three digits.
NOBODY: Final = frozenset({httpx.codes.NOT_FOUND, httpx.codes.UNPROCESSABLE_ENTITY})


class Buyer(msgspec.Struct, frozen=True):
    """The customer that was named; anonymous without any.

    handle: under which one who is not known yet waits. is_guess: customer-svc did not say, so that the handle may
    well be somebody's; an id is then taken as it was given.
    """

    customer_id: UUID | None = None
    resolution: Resolution = "resolved"
    candidates: tuple[UUID, ...] = ()
    handle: CustomerHandle | None = None
    is_guess: bool = False


class _Found(msgspec.Struct, frozen=True):
    id: UUID


class _Matches(msgspec.Struct, frozen=True):
    data: list[_Found]


async def identify(request: Request, reference: CustomerRef) -> Buyer:
    """Who a reference means, as far as we know or customer-svc says."""
    settings: Settings = request.app.state.settings
    handle = handle_of(reference, settings.phone_region)
    async with database(request).connection() as connection:
        found = await _known(connection, reference, handle)
    if found:
        return _of(found, handle)
    return await ask(request.app.state.gateway, reference, handle, timeout_s=settings.lookup_timeout_s)


async def ask(gateway: Client, reference: CustomerRef, handle: CustomerHandle | None, *, timeout_s: float) -> Buyer:
    """Ask customer-svc who that is; without an answer in time we go on as if nobody were known by it."""
    try:
        return _of(await _look_up(gateway, reference, timeout_s), handle)
    except (httpx.HTTPError, msgspec.DecodeError) as error:
        log.warning("customer_lookup_failed", error=repr(error))
        return Buyer(reference.id, "pending", handle=handle, is_guess=True)


def _of(found: list[UUID], handle: CustomerHandle | None) -> Buyer:
    if len(found) == 1:
        return Buyer(found[0])
    return Buyer(None, "ambiguous" if found else "pending", tuple(found), handle)


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


async def _known(connection: Connection, reference: CustomerRef, handle: CustomerHandle | None) -> list[UUID]:
    if handle is not None:
        return await repository.find_customers(connection, handle)
    assert reference.id is not None
    return [reference.id] if await repository.knows_customer(connection, reference.id) else []
