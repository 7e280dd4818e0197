"""Orders on their way in: decoded fast, checked once, the same for a posted order and an imported one."""

import hashlib
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from customer.references import rules as handles
from customer.references.rules import DEFAULT_SOURCE, SOURCE_PATTERN, Handle
from customer.references.schemas import Reference, handle_of

Amount = Annotated[int, Meta(ge=0, le=10**15)]
Short = Annotated[str, Meta(max_length=64)]
Id = Annotated[str, Meta(min_length=1, max_length=255)]
Source = Annotated[str, Meta(pattern=SOURCE_PATTERN)]

PLACES: Final = 3


class DiscountIntake(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    kind: Literal["store", "manufacturer", "match", "coupon"]
    amount: Amount
    code: Id | None = None


class LineIntake(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    product: Reference
    quantity: Annotated[float, Meta(ge=0, lt=10**9)]
    amount: Amount
    tax_amount: Amount | None = None
    cost_amount: Amount | None = None
    discounts: list[DiscountIntake] = []


class OrderIntake(msgspec.Struct, forbid_unknown_fields=True):
    """The shape of schemas.NewOrder, for the bulk way in."""

    customer: Reference
    placed_at: Annotated[datetime, Meta(tz=True)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    lines: Annotated[list[LineIntake], Meta(min_length=1, max_length=2000)]
    external_id: Id | None = None
    source: Source = DEFAULT_SOURCE
    store_id: Short | None = None
    channel: Short | None = None
    brand: Short | None = None

    @property
    def key(self) -> tuple[str, str] | None:
        return (self.source, self.external_id) if self.external_id is not None else None

    def customer_handle(self, region: str) -> Handle:
        """Raises references.rules.Unreadable."""
        return handle_of(self.customer, source=self.source, region=region)

    def product_handles(self) -> list[Handle]:
        """Each line's product. Raises references.rules.Unreadable."""
        return [product_handle(line.product, self.source) for line in self.lines]

    @property
    def total_amount(self) -> int:
        return sum(line.amount for line in self.lines)


def product_handle(product: Reference, source: str) -> Handle:
    """A product is named by its id or an external id, of the order's source where it gives none."""
    if product.external_id is not None:
        return Handle("external_id", product.source or source, product.external_id)
    if product.id is not None:
        return Handle("id", "", str(product.id))
    raise handles.Unreadable("A product is named by its id or external_id.")


def fingerprint(order: OrderIntake) -> UUID:
    """Equal for orders of equal content, so that an import repeated changes nothing."""
    return UUID(bytes=hashlib.blake2b(msgspec.msgpack.encode(order), digest_size=16).digest())


def check(order: OrderIntake) -> str | None:
    """What is wrong with an order that decodes, or None."""
    for number, line in enumerate(order.lines):
        if round(line.quantity, PLACES) != line.quantity:
            return f"/lines/{number}/quantity: a quantity has up to {PLACES} decimal places."
    if order.total_amount > 10**15:
        return "/lines: the order's total is above 10^15."
    return None
