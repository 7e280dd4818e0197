"""Customers in sets: one statement a step, however many come at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from crmkit.events import outbox
from crmkit.web.batches import Effect, Outcome
from customer import intake
from customer.attributes import repository as attributes
from customer.attributes.schemas import NewAttribute
from customer.customers.rules import Intake
from customer.customers.schemas import FIELDS
from customer.intake import Mode
from customer.references import repository as references
from customer.references.rules import Handle

_ROW: Final = ", ".join(FIELDS)
_PRESENT: Final = ", ".join(f"c.{name}" for name in FIELDS)
# A customer always has a kind; of the rest an upsert leaves what is null as it is.
_MERGED: Final = ", ".join(
    f"case when {'false' if name == 'kind' else '$2'} then n.{name} else coalesce(n.{name}, c.{name}) end"
    for name in FIELDS
)
_INSERT: Final = f"""
insert into customers (id, {_ROW}) select id, {_ROW} from json_populate_recordset(null::customers, $1::json)
"""
_LOCK: Final = "select id from customers where id = any($1) order by id for update"
_UPDATE: Final = f"""
update customers c set ({_ROW}) = row ({_MERGED}) from json_populate_recordset(null::customers, $1::json) as n
where c.id = n.id and ({_PRESENT}) is distinct from ({_MERGED})
returning c.id
"""
_PATCH: Final = f"""
update customers c set ({_ROW}) = row ({_PRESENT.replace("c.", "n.")})
from customers old cross join lateral json_populate_record(old, $2::json) as n
where c.id = $1 and old.id = $1 and ({_PRESENT}) is distinct from ({_PRESENT.replace("c.", "n.")})
returning c.id
"""
_TOUCH: Final = """
update customers set version = version + 1, updated_at = clock_timestamp() where id = any($1::uuid[])
"""
_TELL: Final = outbox.telling(
    "customer",
    "$3::text",
    rows="customers c where id = any($2::uuid[])",
    document="customer_document(c)",
    subject="id",
)
READ: Final = "select customer_document(c)::text, version from customers c where id = $1"


@dataclass(slots=True)
class _Place:
    """One item's id, and whether it is a customer that was not there before."""

    id: UUID
    is_new: bool
    outcome: Outcome | None = None
    claimed: list[Handle] = field(default_factory=list)
    dropped: list[Handle] = field(default_factory=list)


async def take(
    connection: asyncpg.Connection, items: Sequence[Intake], mode: Mode
) -> tuple[list[Outcome], list[Handle]]:
    """Store the items and write their events; no two of them may name one key. Also gives the handles dropped.

    A key is claimed by inserting it, so of two writers one comes second and finds the other's customer.
    """
    places = await _places(connection, items)
    await _claim_cards(connection, items, places)
    _refuse_existing(places, mode)
    await _give_back(connection, places)
    taken = [(item, place) for item, place in zip(items, places, strict=True) if place.outcome is None]
    await _insert(connection, [pair for pair in taken if pair[1].is_new])
    changed = await _change(connection, taken, mode)
    outcomes = [place.outcome or _outcome(place, changed) for place in places]
    return outcomes, [handle for place in places for handle in place.dropped]


def _outcome(place: _Place, changed: set[UUID]) -> Outcome:
    if place.is_new:
        return Outcome(place.id, Effect.CREATED)
    return Outcome(place.id, Effect.UPDATED if place.id in changed else Effect.UNCHANGED)


async def _places(connection: asyncpg.Connection, items: Sequence[Intake]) -> list[_Place]:
    """Find each item's customer by its external id, or name a new one; who comes second finds the first one's."""
    places = [_Place(id, True) for id in await intake.new_ids(connection, len(items))]
    wanted = {item.external: place for item, place in zip(items, places, strict=True) if item.external}
    for key, holder in (await _claim(connection, wanted)).items():
        place = wanted[key]
        place.is_new = holder == place.id
        place.id = holder
    return places


async def _claim_cards(connection: asyncpg.Connection, items: Sequence[Intake], places: Sequence[_Place]) -> None:
    wanted = {card: place for item, place in zip(items, places, strict=True) for card in item.cards}
    for card, holder in (await _claim(connection, wanted)).items():
        if holder != wanted[card].id:
            detail = f"The {card} belongs to another customer."
            wanted[card].outcome = Outcome.refused("identifier_taken", detail, existing_id=holder)


async def _claim(connection: asyncpg.Connection, wanted: dict[Handle, _Place]) -> dict[Handle, UUID]:
    claimed, holders = await references.claim(connection, {key: place.id for key, place in wanted.items()})
    for key in claimed:
        wanted[key].claimed.append(key)
    return holders


def _refuse_existing(places: Sequence[_Place], mode: Mode) -> None:
    if mode is not Mode.INSERT:
        return
    for place in places:
        if not place.is_new and place.outcome is None:
            detail = "The external id belongs to a customer already."
            place.outcome = Outcome.refused("identifier_taken", detail, existing_id=place.id)


async def _give_back(connection: asyncpg.Connection, places: Sequence[_Place]) -> None:
    refused = [key for place in places if place.outcome for key in place.claimed]
    if refused:
        await references.give_back(connection, refused)


async def _insert(connection: asyncpg.Connection, new: Sequence[tuple[Intake, _Place]]) -> None:
    rows = [item.fields | {"id": place.id, "kind": item.new.kind or "consumer"} for item, place in new]
    await connection.execute(_INSERT, msgspec.json.encode(rows).decode())


async def _change(connection: asyncpg.Connection, taken: Sequence[tuple[Intake, _Place]], mode: Mode) -> set[UUID]:
    """Write everything but the rows of new customers; the ids of older ones that changed."""
    known = [(item, place) for item, place in taken if not place.is_new]
    new_ids = [place.id for _, place in taken if place.is_new]
    changed = {place.id for _, place in known if place.claimed}
    if known:
        changed |= await _update(connection, known, mode)
    contacts = [(place.id, handle) for item, place in taken for handle in item.contacts]
    changed |= await references.add_contacts(connection, contacts)
    changed |= await attributes.write(connection, [(place.id, item.new.attributes) for item, place in taken])
    changed -= set(new_ids)
    await _tell(connection, "created", new_ids)
    await touch(connection, changed)
    return changed


async def _update(connection: asyncpg.Connection, known: Sequence[tuple[Intake, _Place]], mode: Mode) -> set[UUID]:
    await connection.execute(_LOCK, [place.id for _, place in known])
    rows = msgspec.json.encode([item.fields | {"id": place.id} for item, place in known]).decode()
    changed = {row[0] for row in await connection.fetch(_UPDATE, rows, mode is Mode.REPLACE)}
    if mode is Mode.REPLACE:
        contacts = [(place.id, handle) for item, place in known for handle in item.contacts]
        changed |= await _drop_others(connection, [place for _, place in known], contacts)
        owned = [(place.id, item.new.attributes) for item, place in known]
        changed |= await attributes.drop_others(connection, owned)
    return changed


async def _drop_others(
    connection: asyncpg.Connection, places: Sequence[_Place], kept: Sequence[tuple[UUID, Handle]]
) -> set[UUID]:
    by_id = {place.id: place for place in places}
    dropped = await references.drop_other_contacts(connection, by_id, kept)
    for id, handle in dropped:
        by_id[id].dropped.append(handle)
    return {id for id, _ in dropped}


async def _tell(connection: asyncpg.Connection, verb: str, ids: Sequence[UUID]) -> None:
    if ids:
        await connection.execute(_TELL, outbox.origin(), ids, verb)


async def hold(connection: asyncpg.Connection, id: UUID) -> int | None:
    """Lock a customer's row; its version, or None when there is none."""
    version: int | None = await connection.fetchval("select version from customers where id = $1 for update", id)
    return version


async def patch(
    connection: asyncpg.Connection, id: UUID, fields: dict[str, Any], named: dict[str, NewAttribute | None]
) -> bool:
    """Set fields and attributes of a held customer and write its event; whether anything changed."""
    changed = {row[0] for row in await connection.fetch(_PATCH, id, msgspec.json.encode(fields).decode())}
    changed |= await attributes.write(connection, [(id, named)])
    await touch(connection, changed)
    return bool(changed)


async def touch(connection: asyncpg.Connection, changed: Collection[UUID]) -> None:
    """Raise the versions of held customers and write their events."""
    ids = sorted(changed)
    await connection.execute(_TOUCH, ids)
    await _tell(connection, "updated", ids)
