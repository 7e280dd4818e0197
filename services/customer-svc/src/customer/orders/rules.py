"""Orders on their way in: decoded fast, checked once, the same for a posted order and an imported one.

The structs hold no cycles and are left out of garbage collection, which would look through all of a chunk's again
and again.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from crmkit.data import instants, money
from crmkit.data.contact_points import Unreadable
from customer.intake import NO_CAUSE, Cause
from customer.references.rules import DEFAULT_SOURCE, SOURCE_PATTERN, Handle
from customer.references.schemas import Reference, handle_of

Amount = Annotated[int, Meta(ge=0, le=money.MOST)]
Short = Annotated[str, Meta(max_length=64)]
Id = Annotated[str, Meta(min_length=1, max_length=255)]
# Python's `$` also matches before a line's end; the published patterns are read by others, for which it does not.
Source = Annotated[str, Meta(pattern=SOURCE_PATTERN.removesuffix("$") + r"\Z")]

PLACES: Final = 3


class DiscountIntake(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    kind: Literal["store", "manufacturer", "match", "coupon"]
    amount: Amount
    code: Id | None = None


class LineIntake(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    product: Reference
    quantity: Annotated[float, Meta(ge=0, lt=10**9)]
    amount: Amount
    tax_amount: Amount | None = None
    cost_amount: Amount | None = None
    discounts: tuple[DiscountIntake, ...] = ()


class OrderIntake(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The shape of schemas.NewOrder, for the bulk way in."""

    customer: Reference
    placed_at: Annotated[datetime, Meta(tz=True)]
    currency: str
    lines: Annotated[tuple[LineIntake, ...], Meta(min_length=1, max_length=2000)]
    external_id: Id | None = None
    source: Source = DEFAULT_SOURCE
    store_id: Short | None = None
    channel: Short | None = None
    brand: Short | None = None

    @property
    def key(self) -> tuple[str, str] | None:
        return (self.source, self.external_id) if self.external_id is not None else None

    @property
    def total_amount(self) -> int:
        return sum([line.amount for line in self.lines])


# What an order has besides its customer and its lines: columns of `orders`, and of an import's CSV.
FIELDS: Final = tuple(name for name in OrderIntake.__struct_fields__ if name not in ("customer", "lines"))


class ReadOrder(NamedTuple):
    """An order in which nothing is wrong by itself: what it refers to is still to be found.

    fingerprint: equal for orders of equal content, so that an import repeated changes nothing.
    checkout: the confirmed checkout that it was. The order takes its id, so that a history told again makes the same
    orders, and keeps products as they were given which are not known yet: the goods are gone. cause: what told of it.
    """

    order: OrderIntake
    customer: Handle
    products: list[Handle]
    fingerprint: UUID
    checkout: UUID | None = None
    cause: Cause = NO_CAUSE


def read(order: OrderIntake, region: str) -> ReadOrder:
    """Check an order that decodes. Raises Unreadable."""
    _check(order)
    customer = handle_of(order.customer, source=order.source, region=region)
    products = [product_handle(line.product, order.source) for line in order.lines]
    content = hashlib.blake2b(msgspec.msgpack.encode(order), digest_size=16).digest()
    return ReadOrder(order, customer, products, UUID(bytes=content))


def product_handle(product: Reference, source: str) -> Handle:
    """A product is named by its id or an external id, of the order's source where it gives none."""
    if product.external_id is not None:
        return Handle("external_id", product.source or source, product.external_id)
    if product.id is not None:
        return Handle("id", "", str(product.id))
    raise Unreadable("A product is named by its id or external_id.")


def id_given(product: Handle) -> UUID | None:
    """The id by which a product was named."""
    return UUID(product.value) if product.kind == "id" else None


def _check(order: OrderIntake) -> None:
    for number, line in enumerate(order.lines):
        if not line.quantity.is_integer() and round(line.quantity, PLACES) != line.quantity:
            raise Unreadable(f"/lines/{number}/quantity: a quantity has up to {PLACES} decimal places.")
    try:
        instants.bounded(order.placed_at)
    except ValueError as error:
        raise Unreadable(f"/placed_at: {error}.") from error
    try:
        money.known(order.currency)
    except ValueError as error:
        raise Unreadable(f"/currency: {error}.") from error
    if order.total_amount > money.MOST:
        raise Unreadable("/lines: the order's total is above 10^15.")
