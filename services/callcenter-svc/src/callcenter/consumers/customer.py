"""The customer feed: names and consents are kept, the erased forgotten, and what waited for a name is linked."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import repository as calls
from callcenter.erasures import repository as erasures
from callcenter.projections import repository
from callcenter.projections.repository import CustomerRow
from callcenter.references import repository as references
from callcenter.references import rules
from callcenter.references.rules import Cause, Handle, HandleKind
from callcenter.surveys import repository as surveys
from callcenter.tickets import repository as tickets
from callcenter.tickets import service as desk
from crmkit.data import audit
from crmkit.data.db import driver
from crmkit.events.cloudevents import Event, type_name
from crmkit.events.consumers import Consumer
from crmkit.work.due import Due

CUSTOMER_TOLD: Final = frozenset({type_name("customer", "created"), type_name("customer", "updated")})
CUSTOMER_ERASED: Final = frozenset({type_name("customer", "erased")})


class ExternalId(msgspec.Struct, frozen=True):
    source: str
    external_id: str


class CustomerData(msgspec.Struct, frozen=True):
    """An erased customer has its id and version, and nothing else."""

    id: UUID
    version: int
    kind: str = "consumer"
    name: str | None = None
    external_ids: tuple[ExternalId, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    consents: dict[str, Any] = {}

    def row(self) -> CustomerRow:
        handles = [
            rules.of_id(self.id),
            *(Handle(HandleKind.PHONE, phone) for phone in self.phones),
            *(Handle(HandleKind.EMAIL, email) for email in self.emails),
            *(Handle(HandleKind.CARD, card) for card in self.cards),
            *(rules.of_external_id(one.source, one.external_id) for one in self.external_ids),
        ]
        return CustomerRow(
            customer_id=self.id,
            version=self.version,
            kind=self.kind,
            name=self.name,
            consents=self.consents,
            handles=handles,
        )


async def apply(session: AsyncSession, events: list[Event]) -> None:
    """Keep what is told of customers, and link or erase what concerns them, in the same transaction."""
    told, erased = _newest(events, CUSTOMER_TOLD), _newest(events, CUSTOMER_ERASED)
    last = {id_: event for id_, event in told.items() if id_ not in erased}
    if not last and not erased:
        return
    connection = await driver(session)
    touched = await repository.keep_customers(connection, [event.read(CustomerData).row() for event in last.values()])
    for id_ in erased:
        await audit.record(session, "erase_customer", f"/v1/customers/{id_}")
    causes = {id_: Cause(event.id, event.traceparent) for id_, event in (last | erased).items()}
    if erased:
        touched += await _forget(connection, {id_: causes[id_] for id_ in erased})
    await _link(connection, {handle: causes[id_] for handle, id_ in touched})


async def link_again(connection: asyncpg.Connection, rows: Sequence[Due]) -> None:
    """Look once more at what was left unresolved when neither it nor its customer saw the other yet."""
    handles = await references.unresolved_handles(connection, [UUID(row.ref) for row in rows])
    await _link(connection, dict.fromkeys(handles, Cause()))


CONSUMER: Final = Consumer(feed="customer", apply=apply, final=CUSTOMER_ERASED)


def _newest(events: Iterable[Event], types: AbstractSet[str]) -> dict[UUID, Event]:
    """The last event of these types about each customer."""
    return {event.read(CustomerData).id: event for event in events if event.type in types}


async def _forget(connection: asyncpg.Connection, erased: Mapping[UUID, Cause]) -> repository.Touched:
    now = datetime.now(UTC)
    for erase in (tickets.ERASE, calls.ERASE, surveys.ERASE):
        await references.erase(connection, erase, erased, now)
    await erasures.erase_traces(connection, list(erased))
    return await repository.forget_customers(connection, list(erased))


async def _link(connection: asyncpg.Connection, touched: Mapping[Handle, Cause]) -> None:
    if not touched:
        return
    now = datetime.now(UTC)
    await desk.link_tickets(connection, touched, now)
    for sql in (calls.LINK, surveys.LINK):
        await references.link(connection, sql, touched, now)
