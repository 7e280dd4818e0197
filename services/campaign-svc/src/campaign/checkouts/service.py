"""A basket becomes a checkout: what applies is held for a while, then confirmed or given back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from asyncpg import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.checkouts import repository, rules, views
from campaign.checkouts.errors import CheckoutClosed, CheckoutNotFound
from campaign.checkouts.models import Basket, Holding, Locked
from campaign.checkouts.rules import Line
from campaign.checkouts.schemas import Checkout, NewCheckout, NewLine, Quote
from campaign.coupons import codes
from campaign.lookups import found
from campaign.projections import repository as projections
from campaign.projections.rules import Goods
from campaign.references import Buyer
from crmkit.data import db
from crmkit.events import outbox


async def reserve_checkout(session: AsyncSession, posted: NewCheckout, buyer: Buyer, *, lasting_s: int) -> Checkout:
    """Price the basket and hold what applies. A coupon never makes it fail: `not_applied` says why it did not."""
    connection = await db.driver(session)
    basket = await _resolve(connection, posted, buyer)
    checkout_id, now = await repository.begin_checkout(connection)
    holdings = await _hold(connection, basket, await _shown(connection, basket), now)
    usable = basket.usable(holdings, now)
    campaign_ids = {h.candidate.campaign_id for h in usable if h.candidate.campaign_id is not None}
    remaining = await repository.lock_budgets(connection, campaign_ids)
    pricing = rules.price(basket.lines, [holding.candidate for holding in usable], remaining)
    quote = views.quote(basket, pricing, views.refusals(basket, holdings, pricing, now))
    expires_at = now + timedelta(seconds=lasting_s)
    checkout = views.checkout(quote, checkout_id, created_at=now, expires_at=expires_at)
    await repository.insert_checkout(session, checkout, basket.pending_handle)
    if pricing.applied:
        await repository.reserve(connection, checkout, views.reserved(pricing), pricing.spent)
    return checkout


async def quote_checkout(session: AsyncSession, posted: NewCheckout, buyer: Buyer) -> Quote:
    """What the basket would get, budgets aside; nothing is held."""
    connection = await db.driver(session)
    basket = await _resolve(connection, posted, buyer)
    holdings, now = await _shown(connection, basket), datetime.now(UTC)
    candidates = [holding.candidate for holding in basket.usable(holdings, now)]
    pricing = rules.price(basket.lines, candidates, {})
    return views.quote(basket, pricing, views.refusals(basket, holdings, pricing, now))


async def get_checkout(session: AsyncSession, checkout_id: UUID) -> Checkout:
    """Raises: CheckoutNotFound (404)."""
    document = await repository.find_document(await db.driver(session), checkout_id)
    return Checkout.model_validate_json(found(document, CheckoutNotFound, checkout_id))


async def lock_checkout(session: AsyncSession, checkout_id: UUID) -> Locked:
    """Raises: CheckoutNotFound (404)."""
    locked = await repository.lock_checkout(await db.driver(session), checkout_id)
    return found(locked, CheckoutNotFound, checkout_id)


async def cancel_checkout(session: AsyncSession, locked: Locked) -> Checkout:
    """Raises: CheckoutClosed (409) once confirmed or cancelled."""
    if locked.status not in ("reserved", "expired"):
        raise CheckoutClosed(f"The checkout is {locked.status}.")
    row = await repository.cancel(await db.driver(session), locked)
    checkout = Checkout.model_validate_json(row["document"])
    subject = row["customer_id"]
    await outbox.emit(session, noun="checkout", verb="cancelled", id=locked.id, subject=subject, data=checkout)
    return checkout


async def _resolve(connection: Connection, posted: NewCheckout, buyer: Buyer) -> Basket:
    ids = [line.product.id for line in posted.lines]
    names = [
        (line.product.source, line.product.external_id) if line.product.external_id is not None else None
        for line in posted.lines
    ]
    found = await projections.find_goods(connection, ids, names)
    lines = tuple(_line(place, line, found.get(place)) for place, line in enumerate(posted.lines))
    list_code = codes.normalise(posted.list_code) if posted.list_code else None
    shopping_list = await repository.find_list(connection, list_code) if list_code else None
    return Basket(posted, buyer, lines, shopping_list)


def _line(place: int, line: NewLine, goods: Goods | None) -> Line:
    return Line(place + 1, goods or Goods(), line.quantity, line.shelf_amount)


async def _shown(connection: Connection, basket: Basket) -> list[Holding]:
    list_id = basket.shopping_list.id if basket.shopping_list else None
    return await repository.find_holdings(connection, basket.asked_codes, list_id, basket.customer_id)


async def _hold(connection: Connection, basket: Basket, holdings: Sequence[Holding], now: datetime) -> list[Holding]:
    """Lock the coupons that touch this basket at `now`, and give all of them as they are then.

    What was held at `now` counts as held, even where the wait for a lock outlasted it: no coupon goes twice.
    """
    touching = [holding.candidate.coupon_id for holding in holdings if basket.touches(holding, now)]
    rows = await repository.lock_coupons(connection, touching)
    return [
        msgspec.structs.replace(holding, status=row["status"], reserved_until=row["reserved_until"])
        if (row := rows.get(holding.candidate.coupon_id))
        else holding
        for holding in holdings
    ]
