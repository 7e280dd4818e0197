"""Customers in sets: one statement a step, however many come at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from crmkit.events import outbox
from customer.customers.rules import Intake
from customer.customers.schemas import NewAttribute
from customer.identifiers import repository as identifiers
from customer.intake import Effect, Mode, Outcome
from customer.references.rules import Handle

_NEW_IDS: Final = "select uuidv7() from generate_series(1, $1)"
_INSERT: Final = """
insert into customers (id, kind, name)
select id, coalesce(kind, 'consumer'), name from unnest($1::uuid[], $2::text[], $3::text[]) as n (id, kind, name)
"""
_LOCK: Final = "select id from customers where id = any($1) order by id for update"
_UPDATE: Final = """
update customers c
set kind = coalesce(n.kind, c.kind), name = case when $4 then n.name else coalesce(n.name, c.name) end
from unnest($1::uuid[], $2::text[], $3::text[]) as n (id, kind, name)
where c.id = n.id and (c.kind, c.name) is distinct from
    (coalesce(n.kind, c.kind), case when $4 then n.name else coalesce(n.name, c.name) end)
returning c.id
"""
_ATTRIBUTES: Final = """
insert into customer_attributes as a (customer_id, name, value, source, channel, collected_at, verified_at)
select customer_id, name, value::json, source, channel, collected_at, verified_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])
    as n (customer_id, name, value, source, channel, collected_at, verified_at)
on conflict (customer_id, name) do update
set value = excluded.value, source = excluded.source, channel = excluded.channel,
    collected_at = excluded.collected_at, verified_at = excluded.verified_at
where (a.value::text, a.source, a.channel, a.collected_at, a.verified_at) is distinct from
    (excluded.value::text, excluded.source, excluded.channel, excluded.collected_at, excluded.verified_at)
returning customer_id
"""
_READ_ATTRIBUTES: Final = """
select name, json_build_object('value', value, 'source', source, 'channel', channel, 'collected_at', collected_at,
    'verified_at', verified_at)::text
from customer_attributes where customer_id = $1 and name = any($2::text[])
"""
_DROP_ATTRIBUTES: Final = """
delete from customer_attributes a using unnest($1::uuid[], $2::text[]) as n (customer_id, name)
where a.customer_id = n.customer_id and a.name = n.name returning a.customer_id
"""
_DROP_OTHER_ATTRIBUTES: Final = """
delete from customer_attributes a where a.customer_id = any($1::uuid[]) and not exists (
    select from unnest($2::uuid[], $3::text[]) as n (customer_id, name)
    where n.customer_id = a.customer_id and n.name = a.name)
returning a.customer_id
"""
_TOUCH: Final = """
update customers set version = version + 1, updated_at = clock_timestamp() where id = any($1::uuid[])
"""
_EMIT: Final = """
insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
select $1, '/v1/customers/' || d.id, d.id::text, d.document, $3, $4, $5, $6
from customer_documents d where d.id = any($2::uuid[])
"""
_PATCH: Final = """
update customers set name = case when $2 then $3 else name end, kind = coalesce($4, kind)
where id = $1 and (name, kind) is distinct from (case when $2 then $3 else name end, coalesce($4, kind))
returning id
"""


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
    places = [_Place(row[0], True) for row in await connection.fetch(_NEW_IDS, len(items))]
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
    claimed, holders = await identifiers.claim(connection, {key: place.id for key, place in wanted.items()})
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
        await identifiers.give_back(connection, refused)


async def _insert(connection: asyncpg.Connection, new: Sequence[tuple[Intake, _Place]]) -> None:
    await connection.execute(
        _INSERT,
        [place.id for _, place in new],
        [item.kind for item, _ in new],
        [item.name for item, _ in new],
    )


async def _change(connection: asyncpg.Connection, taken: Sequence[tuple[Intake, _Place]], mode: Mode) -> set[UUID]:
    """Write everything but the rows of new customers; the ids of older ones that changed."""
    known = [(item, place) for item, place in taken if not place.is_new]
    new_ids = [place.id for _, place in taken if place.is_new]
    changed = {place.id for _, place in known if place.claimed}
    if known:
        changed |= await _update(connection, known, mode)
    contacts = [(place.id, handle) for item, place in taken for handle in item.contacts]
    changed |= await identifiers.add_contacts(connection, contacts)
    changed |= await _write_attributes(connection, [(place.id, item.attributes) for item, place in taken])
    changed -= set(new_ids)
    await emit(connection, "created", new_ids)
    await touch(connection, changed)
    return changed


async def _update(connection: asyncpg.Connection, known: Sequence[tuple[Intake, _Place]], mode: Mode) -> set[UUID]:
    ids = [place.id for _, place in known]
    await connection.execute(_LOCK, ids)
    replace = mode is Mode.REPLACE
    columns = ids, [item.kind for item, _ in known], [item.name for item, _ in known]
    changed = await _ids(connection, _UPDATE, *columns, replace)
    if replace:
        contacts = [(place.id, handle) for item, place in known for handle in item.contacts]
        changed |= await _drop_others(connection, [place for _, place in known], contacts)
        named = [(place.id, name) for item, place in known for name in item.attributes]
        changed |= await _ids(
            connection, _DROP_OTHER_ATTRIBUTES, ids, [id for id, _ in named], [name for _, name in named]
        )
    return changed


async def _drop_others(
    connection: asyncpg.Connection, places: Sequence[_Place], kept: Sequence[tuple[UUID, Handle]]
) -> set[UUID]:
    by_id = {place.id: place for place in places}
    dropped = await identifiers.drop_other_contacts(connection, by_id, kept)
    for id, handle in dropped:
        by_id[id].dropped.append(handle)
    return {id for id, _ in dropped}


async def _write_attributes(
    connection: asyncpg.Connection, owners: Sequence[tuple[UUID, dict[str, NewAttribute | None]]]
) -> set[UUID]:
    changed: set[UUID] = set()
    rows, dropped = [], []
    for id, attributes in owners:
        for name, new in attributes.items():
            if new is None:
                dropped.append((id, name))
                continue
            value = msgspec.json.encode(new.value).decode()
            rows.append((id, name, value, new.source, new.channel, new.collected_at, new.verified_at))
    if rows:
        changed |= await _ids(connection, _ATTRIBUTES, *map(list, zip(*rows, strict=True)))
    if dropped:
        changed |= await _ids(connection, _DROP_ATTRIBUTES, *map(list, zip(*dropped, strict=True)))
    return changed


async def emit(connection: asyncpg.Connection, verb: str, ids: Sequence[UUID]) -> None:
    """Write `perennial.customer.<verb>.v1` for customers whose rows this transaction holds."""
    if ids:
        await connection.execute(_EMIT, f"perennial.customer.{verb}.v1", ids, *outbox.context_values())


async def _ids(connection: asyncpg.Connection, sql: str, *args: Any) -> set[UUID]:
    return {row[0] for row in await connection.fetch(sql, *args)}


@dataclass(frozen=True, slots=True)
class Change:
    """A merge patch of one customer; None leaves a thing alone, a name in a tuple sets it, to null too."""

    name: tuple[str | None] | None
    kind: str | None
    attributes: dict[str, NewAttribute | None]


async def hold(connection: asyncpg.Connection, id: UUID) -> int | None:
    """Lock a customer's row; its version, or None when there is none."""
    version: int | None = await connection.fetchval("select version from customers where id = $1 for update", id)
    return version


async def read_attributes(connection: asyncpg.Connection, id: UUID, names: Collection[str]) -> dict[str, NewAttribute]:
    """Those of a held customer's attributes that are there."""
    rows = await connection.fetch(_READ_ATTRIBUTES, id, list(names))
    return {name: NewAttribute.model_validate_json(document) for name, document in rows}


async def patch(connection: asyncpg.Connection, id: UUID, change: Change) -> bool:
    """Apply a patch to a held customer and write its event; whether anything changed."""
    changed = await _ids(connection, _PATCH, id, change.name is not None, (change.name or (None,))[0], change.kind)
    changed |= await _write_attributes(connection, [(id, change.attributes)])
    await touch(connection, changed)
    return bool(changed)


async def touch(connection: asyncpg.Connection, changed: Collection[UUID]) -> None:
    """Raise the versions of held customers and write their events."""
    ids = sorted(changed)
    await connection.execute(_TOUCH, ids)
    await emit(connection, "updated", ids)


async def read(connection: asyncpg.Connection, id: UUID) -> tuple[int, str] | None:
    """(version, document) as the present transaction sees it."""
    row = await connection.fetchrow("select version, document::text from customer_documents where id = $1", id)
    return (row[0], row[1]) if row else None
