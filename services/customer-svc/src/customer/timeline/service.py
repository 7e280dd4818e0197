"""What can be done with interactions."""

from collections.abc import Sequence

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit import audit
from crmkit.db import driver
from crmkit.problems import AmbiguousReference, UnknownReference
from customer.intake import Effect, Outcome, Refusal
from customer.references import repository as references
from customer.references.rules import DEFAULT_SOURCE
from customer.references.schemas import Reference, handle_of
from customer.timeline import repository
from customer.timeline.repository import Touch
from customer.timeline.schemas import Interaction, NewInteraction


async def create_interaction(session: AsyncSession, new: NewInteraction, *, region: str) -> Interaction:
    """Record one touch. Raises UnknownReference, AmbiguousReference, references.rules.Unreadable."""
    connection = await driver(session)
    touch = (await _touches(connection, [new], region))[0]
    if isinstance(touch, Refusal):
        candidates = [str(id) for id in touch.candidates]
        raise AmbiguousReference(touch.detail, candidates=candidates) if candidates else UnknownReference(touch.detail)
    await _record(connection, [touch])
    await audit.record(session, "create_interaction", f"/v1/interactions/{touch.id}")
    return Interaction.model_validate(touch)


async def take_interactions(
    connection: asyncpg.Connection, items: Sequence[NewInteraction], *, region: str
) -> list[Outcome]:
    """Record many touches; an outcome each, in order."""
    found = await _touches(connection, items, region)
    await _record(connection, [touch for touch in found if isinstance(touch, Touch)])
    return [
        Outcome(each.id, Effect.CREATED) if isinstance(each, Touch) else Outcome(None, refusal=each) for each in found
    ]


async def _record(connection: asyncpg.Connection, touches: Sequence[Touch]) -> None:
    await repository.put(connection, touches)
    await repository.emit(connection, touches)


async def _touches(
    connection: asyncpg.Connection, items: Sequence[NewInteraction], region: str
) -> list[Touch | Refusal]:
    references_given = [msgspec.convert(item.customer.model_dump(), Reference) for item in items]
    handles = [handle_of(given, source=DEFAULT_SOURCE, region=region) for given in references_given]
    known = await references.find_customers(connection, handles)
    ids = await repository.new_ids(connection, len(items))
    found: list[Touch | Refusal] = []
    for item, handle, id in zip(items, handles, ids, strict=True):
        who = known.get(handle, ())
        if len(who) == 1:
            found.append(Touch(who[0], id, item.kind, item.occurred_at, item.summary, channel=item.channel))
        elif who:
            found.append(
                Refusal("ambiguous_reference", f"/customer: {handle} names {len(who)}.", candidates=tuple(who))
            )
        else:
            found.append(Refusal("unknown_reference", f"/customer: {handle} names nobody we know."))
    return found
