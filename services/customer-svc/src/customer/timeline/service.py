"""What can be done with interactions."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit import audit
from crmkit.db import driver
from crmkit.problems import AmbiguousReference, UnknownReference
from customer.intake import Effect, Outcome, Refusal
from customer.references import repository as references
from customer.references.rules import DEFAULT_SOURCE, Handle
from customer.references.schemas import Reference, handle_of
from customer.timeline import repository
from customer.timeline.repository import Touch
from customer.timeline.schemas import Interaction, NewInteraction


class ReadInteraction(NamedTuple):
    """A touch in which nothing is wrong by itself: whose it is is still to be found."""

    new: NewInteraction
    customer: Handle


def read(new: NewInteraction, region: str) -> ReadInteraction:
    """Check a touch. Raises references.rules.Unreadable."""
    given = msgspec.convert(new.customer.model_dump(), Reference)
    return ReadInteraction(new, handle_of(given, source=DEFAULT_SOURCE, region=region))


async def create_interaction(session: AsyncSession, new: NewInteraction, *, region: str) -> Interaction:
    """Record one touch. Raises UnknownReference, AmbiguousReference, references.rules.Unreadable."""
    connection = await driver(session)
    touch = (await _touches(connection, [read(new, region)]))[0]
    if isinstance(touch, Refusal):
        candidates = [str(id) for id in touch.candidates]
        raise AmbiguousReference(touch.detail, candidates=candidates) if candidates else UnknownReference(touch.detail)
    await _record(connection, [touch])
    await audit.record(session, "create_interaction", f"/v1/interactions/{touch.id}")
    return Interaction.model_validate(touch)


async def take_interactions(connection: asyncpg.Connection, items: Sequence[ReadInteraction]) -> list[Outcome]:
    """Record many touches; an outcome each, in order."""
    found = await _touches(connection, items)
    await _record(connection, [touch for touch in found if isinstance(touch, Touch)])
    return [
        Outcome(each.id, Effect.CREATED) if isinstance(each, Touch) else Outcome(None, refusal=each) for each in found
    ]


async def _record(connection: asyncpg.Connection, touches: Sequence[Touch]) -> None:
    await repository.put(connection, touches)
    await repository.emit(connection, touches)


async def _touches(connection: asyncpg.Connection, items: Sequence[ReadInteraction]) -> list[Touch | Refusal]:
    known = await references.find_customers(connection, {item.customer for item in items})
    ids = await repository.new_ids(connection, len(items))
    return [_touch(item, id, known.get(item.customer, ())) for item, id in zip(items, ids, strict=True)]


def _touch(read: ReadInteraction, id: UUID, who: Sequence[UUID]) -> Touch | Refusal:
    new, handle = read
    if len(who) == 1:
        return Touch(who[0], id, new.kind, new.occurred_at, new.summary, channel=new.channel)
    if who:
        return Refusal("ambiguous_reference", f"/customer: {handle} names {len(who)}.", candidates=tuple(who))
    return Refusal("unknown_reference", f"/customer: {handle} names nobody we know.")
