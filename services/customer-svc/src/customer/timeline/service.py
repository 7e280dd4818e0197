"""What can be done with interactions."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.data.db import driver
from customer import intake
from customer.intake import Mode, Outcome, Refusal
from customer.pending import repository as pending
from customer.pending.repository import Named
from customer.references.rules import Handle
from customer.references.schemas import Reference, handle_of
from customer.timeline import repository
from customer.timeline.errors import InteractionNotFound, of_refusal
from customer.timeline.repository import Recorded
from customer.timeline.schemas import NewInteraction


class ReadInteraction(NamedTuple):
    """A touch in which nothing is wrong by itself: whose it is is still to be found."""

    new: NewInteraction
    customer: Handle


def read(new: NewInteraction, region: str) -> ReadInteraction:
    """Check a touch. Raises references.rules.Unreadable."""
    given = msgspec.convert(new.customer.model_dump(), Reference)
    return ReadInteraction(new, handle_of(given, source=new.source, region=region))


async def create_interaction(session: AsyncSession, new: NewInteraction, *, region: str) -> UUID:
    """Record one touch, of a customer yet unknown too.

    Raises: InteractionExists, UnknownReference for an id, references.rules.Unreadable.
    """
    outcome = (await take_interactions(await driver(session), [read(new, region)], Mode.INSERT))[0]
    if outcome.refusal:
        raise of_refusal(outcome.refusal)
    assert outcome.id is not None
    await audit.record(session, "create_interaction", f"/v1/interactions/{outcome.id}")
    return outcome.id


async def take_interactions(
    connection: asyncpg.Connection, items: Sequence[ReadInteraction], mode: Mode
) -> list[Outcome]:
    """Record many touches; an outcome each, in order."""
    named = await pending.resolve(connection, {item.customer for item in items})
    ids = await repository.new_ids(connection, len(items))
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
    if pending.is_open(read.customer, named):
        return Recorded(id, read.new, read.customer, None, who)
    return Refusal("unknown_reference", f"/customer: {read.customer} names nobody we know.")


async def read_interaction(session: AsyncSession, id: UUID) -> tuple[int, str]:
    """(version, document). Raises InteractionNotFound."""
    found = await repository.find(await driver(session), id)
    if found is None:
        raise InteractionNotFound(f"There is no interaction {id}.")
    return found
