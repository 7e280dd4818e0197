"""What can be done with refunds."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.data.db import driver
from crmkit.web.batches import Effect, Outcome
from crmkit.web.told import Told
from customer import intake
from customer.intake import Mode
from customer.refunds import repository, rules
from customer.refunds.errors import RefundExists, RefundNotFound, RefundTooLarge
from customer.refunds.repository import Place
from customer.refunds.schemas import RefundIntake


async def create_refund(session: AsyncSession, place: Place) -> UUID:
    """Give back part of an order that the caller holds. Raises RefundExists, RefundTooLarge."""
    (outcome,) = await _take(await driver(session), [place], Mode.INSERT)
    id = intake.accepted(outcome, RefundExists, RefundTooLarge)
    await audit.record(session, "create_refund", f"/v1/refunds/{id}", f"/v1/orders/{place.order_id}")
    return id


async def read_refund(session: AsyncSession, id: UUID) -> Told:
    """A refund. Raises RefundNotFound."""
    missing = RefundNotFound(f"There is no refund {id}.")
    return await intake.told(await driver(session), repository.READ, id, missing)


async def take_refunds(connection: asyncpg.Connection, items: Sequence[RefundIntake], mode: Mode) -> list[Outcome]:
    """Write many refunds, of orders known by external id; an outcome each, in order. A refund is never changed."""

    async def take(wave: Sequence[RefundIntake]) -> list[Outcome]:
        return await _take_named(connection, wave, mode)

    return await intake.in_waves(
        items, lambda item: [(item.source, item.external_id)] if item.external_id else [], take
    )


async def _take_named(connection: asyncpg.Connection, items: Sequence[RefundIntake], mode: Mode) -> list[Outcome]:
    keys = [(item.order_source or item.source, item.order_external_id) for item in items]
    held = await repository.hold_orders(connection, keys)
    known = [Place(item, *held[key]) for item, key in zip(items, keys, strict=True) if key in held]
    taken = iter(await _take(connection, known, mode))
    return [
        next(taken) if key in held else Outcome.refused("unknown_reference", f"/order_external_id: no order {key[1]}.")
        for key in keys
    ]


async def _take(connection: asyncpg.Connection, places: Sequence[Place], mode: Mode) -> list[Outcome]:
    """Write refunds of orders this transaction holds."""
    await repository.claim(connection, places)
    left = await repository.left(connection, places)
    outcomes = [_decide(place, left[place.order_id], mode) for place in places]
    paired = list(zip(places, outcomes, strict=True))
    await repository.give_back(connection, [place for place, outcome in paired if outcome.refusal])
    await repository.insert(connection, [place for place, outcome in paired if outcome.effect is Effect.CREATED])
    return outcomes


def _decide(place: Place, left: rules.Order, mode: Mode) -> Outcome:
    if place.holder != place.id:
        if mode is Mode.INSERT:
            detail = "The external id belongs to a refund already."
            return Outcome.refused("refund_exists", detail, existing_id=place.holder)
        return Outcome(place.holder, Effect.UNCHANGED)
    wrong = rules.give_back(place.new.lines, left)
    return Outcome.refused("refund_too_large", wrong) if wrong else Outcome(place.id, Effect.CREATED)
