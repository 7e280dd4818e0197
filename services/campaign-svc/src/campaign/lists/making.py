"""Lists with their coupons, made and written a chunk at a time."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import msgspec
from asyncpg import Connection

from campaign.coupons import codes
from campaign.coupons.repository import NewCoupon, copy_coupons
from campaign.ids import make_ids
from campaign.lists import repository
from campaign.lists.repository import ListRun, MadeList
from campaign.lists.rules import Catalogue, NextPurchase, PlannedLine, plan_lines
from campaign.lists.schemas import ListedOffer, ListedProduct, ListLine, ShoppingList
from campaign.offers.rules import Choice, OfferBook, OfferKind, percent_of
from campaign.projections import repository as projections
from campaign.schemas import CustomerId


class Plan(msgspec.Struct, frozen=True):
    """What every list of a job is made with; `assortment` is what the book was made with, and the names of it."""

    common: ListRun
    book: OfferBook
    assortment: Catalogue
    offer_names: Mapping[UUID, str]
    currency: str
    list_length: int


class Draft(msgspec.Struct, frozen=True):
    """A list with its coupons, before it is known whether it is the first of its kind."""

    document: ShoppingList
    coupons: tuple[NewCoupon, ...]

    def made(self) -> MadeList:
        lines = msgspec.json.encode(self.document.model_dump(mode="json", include={"lines"})["lines"])
        customer_id = self.document.customer.id
        return MadeList(self.document.id, customer_id, self.document.list_code, lines.decode())


async def make_lists(connection: Connection, plan: Plan, wanted: Sequence[list[NextPurchase]]) -> int:
    """Write a list for each customer's purchases; the count of those that were new."""
    typical = {row.typical_product.id for rows in wanted for row in rows if row.typical_product}
    catalogue = {**plan.assortment, **await projections.goods_by_id(connection, typical)}
    at, length = plan.common.valid_from, plan.list_length
    planned = [plan_lines(rows, plan.book, catalogue, length=length, at=at) for rows in wanted]
    ids = await make_ids(connection, len(planned))
    coupon_codes = iter(codes.generate(sum(line.choice is not None for lines in planned for line in lines)))
    list_codes = codes.generate(len(planned))
    drafts = [
        _draft(plan, id, code, lines, coupon_codes) for id, code, lines in zip(ids, list_codes, planned, strict=True)
    ]
    written = await repository.insert_lists(connection, plan.common, [draft.made() for draft in drafts])
    await copy_coupons(connection, [c for draft in drafts if draft.document.id in written for c in draft.coupons])
    return len(written)


def _draft(
    plan: Plan, list_id: UUID, list_code: str, planned: Sequence[PlannedLine], coupon_codes: Iterator[str]
) -> Draft:
    customer_id = planned[0].purchase.customer_id
    coupons: list[NewCoupon] = []
    lines = []
    for line in planned:
        coupon = _coupon(plan, next(coupon_codes), line.choice, list_id, customer_id) if line.choice else None
        coupons += [coupon] if coupon else []
        lines.append(_line(plan, line, coupon.code if coupon else None))
    common = plan.common
    document = ShoppingList(
        id=list_id,
        version=1,
        campaign_id=common.campaign_id,
        customer=CustomerId(id=customer_id),
        as_of=common.as_of,
        list_code=list_code,
        valid_from=common.valid_from,
        valid_until=common.valid_until,
        lines=lines,
        created_at=common.created_at,
    )
    return Draft(document, tuple(coupons))


def _coupon(plan: Plan, code: str, choice: Choice, list_id: UUID, customer_id: UUID) -> NewCoupon:
    common, ends_at = plan.common, choice.terms.ends_at
    return NewCoupon(
        code=code,
        offer_id=choice.terms.offer_id,
        value=choice.value,
        valid_from=common.valid_from,
        valid_until=min(common.valid_until, ends_at) if ends_at else common.valid_until,
        campaign_id=common.campaign_id,
        shopping_list_id=list_id,
        customer_id=customer_id,
    )


def _line(plan: Plan, planned: PlannedLine, code: str | None) -> ListLine:
    purchase, product_id = planned.purchase, planned.product_id
    return ListLine(
        rank=purchase.rank,
        product_type=purchase.product_type,
        product_category=purchase.product_category,
        product=ListedProduct(id=product_id, name=planned.product_name) if product_id else None,
        expected_on=purchase.expected_on,
        offer=_offer(plan, planned.choice) if planned.choice else None,
        coupon_code=code,
    )


def _offer(plan: Plan, choice: Choice) -> ListedOffer:
    terms, value = choice.terms, choice.value
    percentage = terms.kind is OfferKind.PERCENTAGE
    return ListedOffer(
        id=terms.offer_id,
        name=plan.offer_names[terms.offer_id],
        kind=terms.kind,
        percent=percent_of(value) if percentage else None,
        amount=None if percentage else value,
        currency=plan.currency,
        sponsor_id=terms.sponsor_id,
    )
