"""The campaign feed: which coupons a customer can use."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.projections import repository
from callcenter.projections.repository import CouponRow
from crmkit.data.db import driver
from crmkit.events.cloudevents import Event, type_name
from crmkit.events.consumers import Consumer

LIST_ISSUED: Final = type_name("shopping_list", "issued")
CAMPAIGN_ENDED: Final = type_name("campaign", "ended")
COUPON_REINSTATED: Final = type_name("coupon", "reinstated")
COUPON_REDEEMED: Final = type_name("coupon", "redeemed")


class OfferData(msgspec.Struct, frozen=True):
    id: UUID


class LineData(msgspec.Struct, frozen=True):
    offer: OfferData | None = None
    coupon_code: str | None = None


class OwnerData(msgspec.Struct, frozen=True):
    id: UUID


class ShoppingListData(msgspec.Struct, frozen=True):
    """A personal shopping list, for the coupons on it."""

    customer: OwnerData
    valid_until: datetime
    campaign_id: UUID | None = None
    lines: tuple[LineData, ...] = ()

    def rows(self) -> Iterator[CouponRow]:
        for line in self.lines:
            if line.coupon_code is not None:
                yield CouponRow(
                    customer_id=self.customer.id,
                    code=line.coupon_code,
                    offer_id=line.offer.id if line.offer else None,
                    campaign_id=self.campaign_id,
                    valid_until=self.valid_until,
                    is_open=True,
                )


class CampaignData(msgspec.Struct, frozen=True):
    id: UUID


class CouponData(msgspec.Struct, frozen=True):
    """A coupon that was used or given back; one without an owner is nobody's open coupon."""

    code: str
    valid_until: datetime
    offer_id: UUID | None = None
    campaign_id: UUID | None = None
    customer: OwnerData | None = None

    def rows(self, *, is_open: bool) -> Iterator[CouponRow]:
        if self.customer is not None:
            yield CouponRow(
                customer_id=self.customer.id,
                code=self.code,
                offer_id=self.offer_id,
                campaign_id=self.campaign_id,
                valid_until=self.valid_until,
                is_open=is_open,
            )


async def apply(session: AsyncSession, events: list[Event]) -> None:
    """Keep what is open now; what ended takes its coupons along."""
    last = {(row.customer_id, row.code): row for event in events for row in _rows(event)}
    if last:
        await repository.keep_coupons(await driver(session), list(last.values()))
    if ended := [event.read(CampaignData).id for event in events if event.type == CAMPAIGN_ENDED]:
        await repository.end_campaigns(await driver(session), ended)


def _rows(event: Event) -> Iterator[CouponRow]:
    if event.type == LIST_ISSUED:
        yield from event.read(ShoppingListData).rows()
    elif event.type in (COUPON_REDEEMED, COUPON_REINSTATED):
        yield from event.read(CouponData).rows(is_open=event.type == COUPON_REINSTATED)


CONSUMER: Final = Consumer(feed="campaign", apply=apply)
