"""What can be done with interactions."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.data.db import driver
from crmkit.problems import UnknownReference
from crmkit.web.batches import Outcome, Refusal
from crmkit.web.told import Told
from customer import intake
from customer.intake import Mode
from customer.interactions import repository
from customer.interactions.errors import InteractionExists, InteractionNotFound
from customer.interactions.repository import Recorded
from customer.interactions.schemas import NewInteraction
from customer.pending.repository import Named
from customer.references import repository as references
from customer.references.rules import Handle
from customer.references.schemas import Reference, handle_of


class ReadInteraction(NamedTuple):
    """A touch in which nothing is wrong by itself: whose it is is still to be found."""

    new: NewInteraction
    customer: Handle


def read(new: NewInteraction, region: str) -> ReadInteraction:
    """Check a touch. Raises Unreadable."""
    given = msgspec.convert(new.customer.model_dump(), Reference)
    return ReadInteraction(new, handle_of(given, source=new.source, region=region))


async def create_interaction(session: AsyncSession, new: NewInteraction, *, region: str) -> UUID:
    """Record one touch, of a customer yet unknown too.

    Raises: InteractionExists, UnknownReference for an id, Unreadable.
    """
    (outcome,) = await take_interactions(await driver(session), [read(new, region)], Mode.INSERT)
    id = intake.accepted(outcome, InteractionExists, UnknownReference)
    await audit.record(session, "create_interaction", f"/v1/interactions/{id}")
    return id


async def take_interactions(
    connection: asyncpg.Connection, items: Sequence[ReadInteraction], mode: Mode
) -> list[Outcome]:
    """Record many touches; an outcome each, in order."""
    named = await references.find_customers(connection, {item.customer for item in items})
    ids = await intake.new_ids(connection, len(items))
    placed = [_place(item, id, named) for item, id in zip(items, ids, strict=True)]

    async def take(wave: Sequence[Recorded]) -> list[Outcome]:
        return await repository.take(connection, wave, mode)

    good = [item for item in placed if isinstance(item, Recorded)]
    outcomes = iter(await intake.in_waves(good, lambda item: [item.key] if item.key else [], take))
    return [Outcome(None, refusal=item) if isinstance(item, Refusal) else next(outcomes) for item in placed]


def _place(read: ReadInteraction, id: UUID, named: Named) -> Recorded | Refusal:
    who = named.get(read.customer, ())
    if len(who) == 1:
        return Recorded(id, read.new, read.customer, who[0], ())
    if read.customer.kind != "id":
        return Recorded(id, read.new, read.customer, None, who)
    # Ids are given out here: one that is unknown never comes.
    return Refusal("unknown_reference", f"/customer: {read.customer} names nobody we know.")


async def read_interaction(session: AsyncSession, id: UUID) -> Told:
    """A touch. Raises InteractionNotFound."""
    missing = InteractionNotFound(f"There is no interaction {id}.")
    return await intake.told(await driver(session), repository.READ, id, missing)
