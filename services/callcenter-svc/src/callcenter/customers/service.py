"""What other services tell of customers: names, classes; and what was waiting for them is linked."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import events as read
from callcenter.calls import repository as calls
from callcenter.customers import repository
from callcenter.customers.repository import CouponRow, CustomerRow, ScoreRow
from callcenter.erasures import repository as erasures
from callcenter.events import CampaignData, CouponData, CustomerData, ListData, ScoreData
from callcenter.references import repository as references
from callcenter.references import rules
from callcenter.references.rules import Cause, Handle, HandleKind
from callcenter.slas.repository import default_policy
from callcenter.surveys import repository as surveys
from callcenter.tickets import repository as tickets
from callcenter.tickets import service as desk
from crmkit.data import audit
from crmkit.data.db import Database, driver
from crmkit.events.cloudevents import Event

_STRAY_AGE: Final = timedelta(minutes=10)


async def apply_customers(session: AsyncSession, events: list[Event]) -> None:
    """The customer feed: keep names and consents, forget the erased, link what waited for a name."""
    told, erased = _newest(events, read.CUSTOMER_TOLD), _newest(events, {read.CUSTOMER_ERASED})
    last = {id_: event for id_, event in told.items() if id_ not in erased}
    if not last and not erased:
        return
    connection = await driver(session)
    touched = await repository.keep_customers(connection, [_row(event.read(CustomerData)) for event in last.values()])
    for id_ in erased:
        await audit.record(session, "erase_customer", f"/v1/customers/{id_}")
    causes = {id_: Cause(event.id, event.traceparent) for id_, event in (last | erased).items()}
    if erased:
        touched += await _forget(connection, {id_: causes[id_] for id_ in erased})
    await _link(connection, {handle: causes[id_] for handle, id_ in touched})


def _newest(events: Iterable[Event], types: AbstractSet[str]) -> dict[UUID, Event]:
    """The last event of these types about each customer."""
    return {event.read(CustomerData).id: event for event in events if event.type in types}


async def apply_scores(session: AsyncSession, events: list[Event]) -> None:
    """The segment feed: keep each customer's tier and value."""
    scores = [event.read(ScoreData) for event in events if event.type == read.SCORE_CHANGED]
    last = {
        score.customer_id: ScoreRow(
            customer_id=score.customer_id,
            tier=score.pyramid.tier if score.pyramid else None,
            clv=score.clv,
            computed_at=score.computed_at,
        )
        for score in scores
    }
    if last:
        await repository.keep_scores(await driver(session), list(last.values()))


async def apply_coupons(session: AsyncSession, events: list[Event]) -> None:
    """The campaign feed: keep which coupons a customer can use."""
    last = {(row.customer_id, row.code): row for event in events for row in _coupons(event)}
    if last:
        await repository.keep_coupons(await driver(session), list(last.values()))
    if ended := [event.read(CampaignData).id for event in events if event.type == read.CAMPAIGN_ENDED]:
        await repository.end_campaigns(await driver(session), ended)


def _coupons(event: Event) -> Iterator[CouponRow]:
    if event.type == read.LIST_ISSUED:
        issued = event.read(ListData)
        for line in issued.lines:
            if line.coupon_code is not None:
                yield CouponRow(
                    customer_id=issued.customer.id,
                    code=line.coupon_code,
                    offer_id=line.offer.id if line.offer else None,
                    campaign_id=issued.campaign_id,
                    valid_until=issued.valid_until,
                    is_open=True,
                )
    elif event.type in (read.COUPON_REDEEMED, read.COUPON_REINSTATED):
        coupon = event.read(CouponData)
        if coupon.customer is not None:
            yield CouponRow(
                customer_id=coupon.customer.id,
                code=coupon.code,
                offer_id=coupon.offer_id,
                campaign_id=coupon.campaign_id,
                valid_until=coupon.valid_until,
                is_open=event.type == read.COUPON_REINSTATED,
            )


async def drop_expired_coupons(database: Database) -> None:
    """Forget coupons that nobody can use any more."""
    async with database.begin() as session:
        await repository.drop_expired_coupons(await driver(session), datetime.now(UTC))


async def link_strays(database: Database) -> None:
    """Look again at what was left unresolved of late."""
    async with database.begin() as session:
        connection = await driver(session)
        since = datetime.now(UTC) - _STRAY_AGE
        strays = await references.recent_unresolved(connection, since)
        await _link(connection, dict.fromkeys(strays, Cause()))


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
    await desk.link_tickets(connection, touched, await default_policy(connection), now)
    for sql in (calls.LINK, surveys.LINK):
        await references.link(connection, sql, touched, now)


def _row(customer: CustomerData) -> CustomerRow:
    return CustomerRow(
        customer_id=customer.id,
        version=customer.version,
        kind=customer.kind,
        name=customer.name,
        consents=customer.consents,
        handles=[
            rules.of_id(customer.id),
            *(Handle(HandleKind.PHONE, phone) for phone in customer.phones),
            *(Handle(HandleKind.EMAIL, email) for email in customer.emails),
            *(Handle(HandleKind.CARD, card) for card in customer.cards),
            *(rules.of_external_id(one.source, one.external_id) for one in customer.external_ids),
        ],
    )
