"""Interactions in sets, as clients record them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import select

from crmkit.events import outbox
from crmkit.web import lists
from crmkit.web.batches import Effect, Outcome
from customer import intake
from customer.intake import NO_CAUSE, Cause, Mode
from customer.interactions.models import DOCUMENT, documents
from customer.interactions.schemas import FIELDS, Interaction, InteractionQuery, NewInteraction
from customer.pending import repository as pending
from customer.pending.repository import Noun, Pending
from customer.references.rules import Handle

INTERACTIONS: Final = lists.List(
    select(DOCUMENT), InteractionQuery, columns=documents.c, model=Interaction, document=DOCUMENT
)

_ROW: Final = ", ".join(FIELDS)
# An external id is what two tellings of one touch have in common.
_CHANGING: Final = [name for name in FIELDS if name not in ("external_id", "source")]
_PRESENT: Final = ", ".join(f"i.{name}" for name in _CHANGING)
_MERGED: Final = ", ".join(f"case when $2 then n.{name} else coalesce(n.{name}, i.{name}) end" for name in _CHANGING)
_INSERT: Final = f"""
insert into interactions (customer_id, id, {_ROW})
select customer_id, id, {_ROW} from json_populate_recordset(null::interactions, $1::json)
"""
_LOCK: Final = """
select from interactions i join unnest($1::uuid[], $2::uuid[]) as n (customer_id, id) using (customer_id, id)
order by i.customer_id, i.id for update of i
"""
_CHANGE: Final = f"""
update interactions i set version = i.version + 1, ({", ".join(_CHANGING)}) = row ({_MERGED})
from json_populate_recordset(null::interactions, $1::json) as n
where i.customer_id = n.customer_id and i.id = n.id and ({_PRESENT}) is distinct from ({_MERGED})
returning i.id
"""
_LINK: Final = f"""
with found as (
    delete from pending p using unnest($1::uuid[], $2::uuid[]) as n (id, customer_id) where p.id = n.id
    returning n.customer_id, p.*
)
insert into interactions (customer_id, id, version, occurred_at, {", ".join(n for n in FIELDS if n != "occurred_at")})
select f.customer_id, f.id, f.version + 1, f.at, {", ".join(f"i.{n}" for n in FIELDS if n != "occurred_at")}
from found f cross join lateral jsonb_populate_record(null::interactions, f.content) as i
"""
_CLAIM: Final = """
insert into interaction_keys (source, external_id, interaction_id)
select * from unnest($1::text[], $2::text[], $3::uuid[]) as n (source, external_id, interaction_id)
order by source, external_id
on conflict do nothing
"""
_HOLDERS: Final = """
select k.source, k.external_id, k.interaction_id
from unnest($1::text[], $2::text[], $3::uuid[]) as n (source, external_id, interaction_id)
join interaction_keys k using (source, external_id) where k.interaction_id <> n.interaction_id
"""
_OWNERS: Final = "select id, customer_id from interactions where id = any($1::uuid[])"
_NAMED: Final = (
    "unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) as n (customer_id, id, causation_id, traceparent)"
)
_TELL_KNOWN: Final = outbox.telling(
    "interaction",
    "'recorded'",
    rows="""unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) as n (customer_id, id, causation_id, traceparent)
    join interactions i using (customer_id, id)""",
    document="interaction_document(i)",
    subject="customer_id",
    origin=outbox.caused(),
)
_TELL_PENDING: Final = outbox.telling(
    "interaction",
    "'recorded'",
    rows="pending_interactions p where id = any($2::uuid[])",
    document="pending_interaction_document(p)",
)
# The newest, should a ticket have stood on two timelines.
READ: Final = """
select document::text, version from interaction_documents where id = $1 order by version desc limit 1
"""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Recorded:
    """An interaction as a client tells it. It waits under `handle` while `customer_id` is null."""

    id: UUID
    new: NewInteraction
    handle: Handle
    customer_id: UUID | None
    candidates: Sequence[UUID]

    @property
    def key(self) -> Key | None:
        return (self.new.source, self.new.external_id) if self.new.external_id is not None else None


@dataclass(frozen=True, slots=True)
class _Present:
    """An interaction that has its external id already; `customer_id` is null while it waits."""

    id: UUID
    customer_id: UUID | None

    def is_of_another(self, item: Recorded) -> bool:
        return None not in (self.customer_id, item.customer_id) and self.customer_id != item.customer_id


async def take(connection: asyncpg.Connection, items: Sequence[Recorded], mode: Mode) -> list[Outcome]:
    """Record the interactions and write their events; no two of them may have one external id.

    One that is there already is told anew; what was linked stays linked, whatever its handle names by now.
    """
    present = await _claim(connection, [item for item in items if item.key])
    await _record(connection, [item for item in items if item.key not in present])
    again = [(item, present[item.key]) for item in items if item.key in present and mode is not Mode.INSERT]
    told = [(item, there) for item, there in again if not there.is_of_another(item)]
    changed = await _tell_again(connection, told, replaced=mode is Mode.REPLACE)
    return [_outcome(item, present.get(item.key), mode, changed) for item in items]


def _outcome(item: Recorded, there: _Present | None, mode: Mode, changed: set[UUID]) -> Outcome:
    if there is None:
        return Outcome(item.id, Effect.CREATED)
    if mode is Mode.INSERT:
        detail = "The external id belongs to an interaction already."
        return Outcome.refused("interaction_exists", detail, existing_id=there.id)
    if there.is_of_another(item):
        detail = "The interaction is there already, and is another customer's."
        return Outcome.refused("interaction_of_another_customer", detail, existing_id=there.customer_id)
    return Outcome(there.id, Effect.UPDATED if there.id in changed else Effect.UNCHANGED)


async def _claim(connection: asyncpg.Connection, items: Sequence[Recorded]) -> dict[Key | None, _Present]:
    """Take the external ids that are free; where the others' interactions stand, those that wait being held."""
    if not items:
        return {}
    keys = [item.new.source for item in items], [item.new.external_id for item in items], [item.id for item in items]
    await connection.execute(_CLAIM, *keys)
    taken = {(row[0], row[1]): row[2] for row in await connection.fetch(_HOLDERS, *keys)}
    # What is being linked at this moment is looked for only when that has ended.
    await pending.hold(connection, taken.values())
    owners = {row[0]: row[1] for row in await connection.fetch(_OWNERS, list(taken.values()))}
    return {key: _Present(id, owners.get(id)) for key, id in taken.items()}


async def _record(connection: asyncpg.Connection, items: Sequence[Recorded]) -> None:
    known, waiting = _apart(items)
    if known:
        await connection.execute(_INSERT, _rows(known))
    if waiting:
        await pending.keep(connection, [_pending(item) for item in waiting])
    await tell(connection, [(item.customer_id, item.id) for item in items])


async def _tell_again(
    connection: asyncpg.Connection, told: Sequence[tuple[Recorded, _Present]], *, replaced: bool
) -> set[UUID]:
    """Change what differs, and link what had to wait until now; the ids of all that changed."""
    if not told:
        return set()
    items = [replace(item, id=at.id, customer_id=at.customer_id or item.customer_id) for item, at in told]
    known, waiting = _apart(items)
    found = {at.id: item.customer_id for item, at in told if at.customer_id is None and item.customer_id}
    await link(connection, found)
    await connection.execute(_LOCK, [item.customer_id for item in known], [item.id for item in known])
    changed = {row[0] for row in await connection.fetch(_CHANGE, _rows(known), replaced)}
    changed |= await pending.change(connection, [_pending(item) for item in waiting], replaced=replaced)
    changed |= found.keys()
    await tell(connection, [(item.customer_id, item.id) for item in items if item.id in changed])
    return changed


async def link(connection: asyncpg.Connection, customers: Mapping[UUID, UUID]) -> None:
    """Move held interactions that waited to the timelines of their customers; their events are still to be written."""
    await connection.execute(_LINK, list(customers), list(customers.values()))


async def tell(connection: asyncpg.Connection, keys: Sequence[tuple[UUID | None, UUID]]) -> None:
    """Write the events of interactions by (customer id, id): those without a customer wait for theirs."""
    known = [(customer_id, id) for customer_id, id in keys if customer_id]
    await tell_known(connection, known, [NO_CAUSE] * len(known))
    waiting = [id for customer_id, id in keys if not customer_id]
    if waiting:
        await connection.execute(_TELL_PENDING, outbox.origin(), waiting)


async def tell_known(
    connection: asyncpg.Connection, keys: Sequence[tuple[UUID, UUID]], causes: Sequence[Cause]
) -> None:
    """Write the events of interactions by (customer id, id), each with its cause."""
    if keys:
        columns = [key[0] for key in keys], [key[1] for key in keys]
        await connection.execute(_TELL_KNOWN, outbox.origin(), *columns, *intake.by_cause(causes))


def _apart(items: Sequence[Recorded]) -> tuple[list[Recorded], list[Recorded]]:
    """Those whose customers are known, and those that have to wait."""
    return [item for item in items if item.customer_id], [item for item in items if not item.customer_id]


def _rows(items: Sequence[Recorded]) -> str:
    rows = [_content(item) | {"customer_id": item.customer_id, "id": item.id} for item in items]
    return msgspec.json.encode(rows).decode()


def _content(item: Recorded) -> dict[str, Any]:
    """What an interaction tells; one without an external id is of no source either."""
    told = {name: getattr(item.new, name) for name in FIELDS}
    return told if item.key else told | {"source": None}


def _pending(item: Recorded) -> Pending:
    content = _content(item)
    at = content.pop("occurred_at")
    return Pending(Noun.INTERACTION, item.id, item.handle, item.candidates, at, msgspec.json.encode(content).decode())
