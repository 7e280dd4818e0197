"""A basket becomes a checkout: what applies is held for a while, then redeemed, all or nothing, or given back."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Connection

from campaign.checkouts import repository, rules, views
from campaign.checkouts.errors import CheckoutClosed, CheckoutExpired, CheckoutNotFound, OrderTaken
from campaign.checkouts.models import Basket, Locked, Reserved, read_codes
from campaign.checkouts.rules import Line
from campaign.checkouts.schemas import Confirmation, NewCheckout, NewLine, OrderName
from campaign.coupons import holdings
from campaign.coupons.holdings import Charge
from campaign.coupons.rules import Holding, Visit, obstacle
from campaign.lookups import found
from campaign.projections import repository as projections
from campaign.projections.rules import Goods
from campaign.redemptions import repository as redemptions
from campaign.redemptions.models import Redeemed
from campaign.references import Buyer
from campaign.schemas import OrderRef
from crmkit.web.told import Told
from crmkit.work.due import Due

OPEN: Final = frozenset({"reserved", "expired"})
CHECKOUT_SOURCE: Final = "checkout"


async def reserve_checkout(
    connection: Connection, posted: NewCheckout, buyer: Buyer, *, lasting_s: int, in_turn: bool
) -> tuple[UUID, Told]:
    """Price the basket and hold what applies. A coupon never makes it fail: `not_applied` says why it did not.

    in_turn: wait for limits and budgets before they are judged; without, they are judged as read and charged last.
    Raises: Overdrawn when one of them was used up in between, never in turn.
    """
    basket = await _resolve(connection, posted, buyer)
    seen = await holdings.find_shown(connection, basket.codes, basket.customer_id)
    touching = [holding.coupon_id for holding in seen if basket.touches(holding)]
    locked = await holdings.lock(connection, touching, basket.customer_id)
    seen = [locked.get(holding.coupon_id, holding) for holding in seen]
    usable = basket.usable(seen)
    left = _left(usable)
    if in_turn:
        left = await holdings.lock_allowances(connection, basket.customer_id, *_allowances(usable))
    pricing = rules.price(basket.lines, usable, left)
    begun, receipt = basket.begun, views.receipt(basket, seen, pricing)
    expires_at = begun.now + timedelta(seconds=lasting_s)
    kept = msgspec.structs.replace(receipt, id=begun.id, created_at=begun.now, expires_at=expires_at)
    told = await repository.insert_checkout(connection, kept)
    await holdings.use(connection, basket.customer_id, pricing.uses)
    reserved = [Charge(id, reserved=amount, checkout_id=begun.id) for id, amount in pricing.spent.items()]
    await holdings.charge(connection, "reserve", reserved)
    return begun.id, told


async def quote_checkout(connection: Connection, posted: NewCheckout, buyer: Buyer) -> str:
    """What the basket would get; nothing is held."""
    basket = await _resolve(connection, posted, buyer)
    seen = await holdings.find_shown(connection, basket.codes, basket.customer_id)
    usable = basket.usable(seen)
    pricing = rules.price(basket.lines, usable, _left(usable))
    return await repository.quote(connection, views.receipt(basket, seen, pricing))


async def get_checkout(connection: Connection, checkout_id: UUID) -> Told:
    """Raises: CheckoutNotFound (404)."""
    return found(await repository.find_document(connection, checkout_id), CheckoutNotFound, checkout_id)


async def lock_checkout(connection: Connection, checkout_id: UUID) -> tuple[Locked, list[Holding]]:
    """Hold a checkout and its coupons until the end of the transaction. Raises: CheckoutNotFound (404)."""
    coupon_ids = await repository.held_coupons(connection, [checkout_id])
    coupons = await holdings.lock(connection, coupon_ids, None)
    locked = await repository.lock_checkouts(connection, [checkout_id])
    return found(next(iter(locked), None), CheckoutNotFound, checkout_id), list(coupons.values())


async def confirm_checkout(
    connection: Connection, locked: Locked, coupons: Sequence[Holding], confirmation: Confirmation
) -> Told:
    """Redeem all that a locked checkout holds.

    A coupon is still its own while nobody else has it, even after `expires_at`; then it is judged anew, and what was
    given back of budgets and limits must be had again.
    Raises: CheckoutClosed (409), CheckoutExpired (409) naming what was lost, OrderTaken (409) naming the checkout that
    became this order first.
    """
    _require_open(locked)
    visit = Visit(locked.now, locked.customer_id, locked.currency, locked.id)
    lost = {holding.code for holding in coupons if obstacle(holding, visit) is not None}
    if locked.status == "expired" and not lost:
        lost = await _take_again(connection, locked, coupons)
    if lost:
        raise CheckoutExpired("What it held is gone; make a new checkout.", lost=sorted(lost))
    order = await _named_order(connection, locked.id, confirmation.order)
    held = zip(locked.applied, locked.redemption_ids, strict=True)
    await redemptions.redeem(connection, [_redemption(locked, each, id, order) for each, id in held])
    placed_at = confirmation.order.placed_at if confirmation.order else None
    told = await repository.confirm(connection, locked.id, order, placed_at, locked.now)
    freed = 0 if locked.status == "expired" else -1
    spent = [Charge(id, freed * amount, amount, locked.id) for id, amount in locked.charges.items()]
    await holdings.charge(connection, "settle", spent)
    return told


async def cancel_checkout(connection: Connection, locked: Locked) -> Told:
    """Raises: CheckoutClosed (409) once confirmed or cancelled."""
    _require_open(locked)
    (told,) = await repository.close(connection, [locked], "cancelled")
    await _give_back(connection, [locked] if locked.status == "reserved" else [])
    return told


async def expire_checkouts(connection: Connection, due: Sequence[Due]) -> None:
    """Give back what those held of which nothing became in time; a confirmed or cancelled one holds nothing."""
    ids = [UUID(each.ref) for each in due]
    await repository.lock_coupons(connection, await repository.held_coupons(connection, ids))
    locked = await repository.lock_checkouts(connection, ids)
    lapsed = [each for each in locked if each.status == "reserved" and each.expires_at <= each.now]
    await repository.close(connection, lapsed, "expired")
    await _give_back(connection, lapsed)


async def _resolve(connection: Connection, posted: NewCheckout, buyer: Buyer) -> Basket:
    ids = [line.product.id for line in posted.lines]
    names = [
        (line.product.source, line.product.external_id) if line.product.external_id is not None else None
        for line in posted.lines
    ]
    found = await projections.find_goods(connection, ids, names)
    lines = tuple(_line(place, line, found.get(place)) for place, line in enumerate(posted.lines))
    codes = read_codes(posted)
    begun = await repository.begin(connection, codes)
    owner = next((begun.lists[code] for code in codes if code in begun.lists), None)
    return Basket(begun, posted, buyer, lines, codes, buyer.customer_id or owner)


def _line(place: int, line: NewLine, goods: Goods | None) -> Line:
    return Line(place + 1, goods or Goods(), line.quantity, line.shelf_amount)


def _left(coupons: Sequence[Holding]) -> dict[UUID, int]:
    """What the allowances of these coupons still give."""
    return {id: amount for holding in coupons for id, amount in holding.left.items()}


def _allowances(coupons: Sequence[Holding]) -> tuple[set[UUID], set[UUID]]:
    """The limits and the campaigns that these coupons draw on."""
    limits = {id for holding in coupons for id in holding.limits}
    return limits, {holding.campaign_id for holding in coupons if holding.campaign_id is not None}


async def _take_again(connection: Connection, locked: Locked, coupons: Sequence[Holding]) -> set[str]:
    """Have the budgets and limits of an expired checkout again, the budgets uncharged; the codes they are short for."""
    uses = Counter(id for holding in coupons for id in holding.limits)
    left = await holdings.lock_allowances(connection, locked.customer_id, uses, locked.charges)
    needs = {**uses, **locked.charges}
    short = {id for id, amount in left.items() if needs[id] > amount}
    if not short:
        await holdings.use(connection, locked.customer_id, uses)
    return {h.code for h in coupons if short & {*h.limits, h.campaign_id}}


async def _named_order(connection: Connection, checkout_id: UUID, given: OrderRef | None) -> OrderName:
    """The order that a checkout becomes: by the name that was given, else by the checkout's own id."""
    if given is None:
        return OrderName(external_id=str(checkout_id), source=CHECKOUT_SOURCE)
    order = OrderName(external_id=given.external_id, source=given.source)
    holder = await repository.name_order(connection, order, checkout_id)
    if holder != checkout_id:
        raise OrderTaken(f"Checkout {holder} has become this order.", existing_id=holder)
    return order


def _redemption(locked: Locked, each: Reserved, id: UUID, order: OrderName) -> Redeemed:
    return Redeemed(
        id=id,
        coupon_id=each.coupon_id,
        code=each.code,
        offer_id=each.offer_id,
        campaign_id=each.campaign_id,
        sponsor_id=each.sponsor_id,
        customer_id=locked.customer_id,
        checkout_id=locked.id,
        store_id=locked.store_id,
        order_source=order.source,
        order_external_id=order.external_id,
        currency=locked.currency,
        discount_amount=each.amount,
        sponsor_amount=each.sponsor_amount,
        redeemed_at=locked.now,
    )


async def _give_back(connection: Connection, checkouts: Sequence[Locked]) -> None:
    """Return what open checkouts hold of limits and budgets."""
    await holdings.give_back_uses(connection, [(c.customer_id, id) for c in checkouts for id in c.coupon_ids])
    released = [Charge(id, -amount, checkout_id=c.id) for c in checkouts for id, amount in c.charges.items()]
    await holdings.charge(connection, "release", released)


def _require_open(locked: Locked) -> None:
    if locked.status not in OPEN:
        raise CheckoutClosed(f"The checkout is {locked.status}.")
