"""The judge: whether a coupon may be used, wherever somebody wants to use it.

Each gate is one function, and `GATES` names them in the order in which a reason is told.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Protocol
from uuid import UUID

import msgspec

from campaign.campaigns.rules import HALTS
from campaign.offers.reasons import Reason
from campaign.offers.rules import OfferKind, Target, closed


class Candidate(msgspec.Struct, frozen=True):
    """A coupon with the terms it was issued with. limits: what allows a customer so many uses, an offer or a batch."""

    coupon_id: UUID
    code: str
    offer_id: UUID
    kind: OfferKind
    value: int
    target: Target
    campaign_id: UUID | None = None
    sponsor_id: UUID | None = None
    sponsor_share: Decimal = Decimal(0)
    minimum_quantity: Decimal | None = None
    minimum_spend_amount: int | None = None
    priority: int = 100
    ends_at: datetime | None = None
    limits: tuple[UUID, ...] = ()


class Holding(Candidate, frozen=True, kw_only=True):
    """A coupon as it was found, with what decides whether it may be used; `left` is what its allowances still give."""

    status: str
    customer_id: UUID | None
    checkout_id: UUID | None
    currency: str
    valid_from: datetime
    valid_until: datetime
    reserved_until: datetime | None
    starts_at: datetime | None
    campaign_status: str | None
    campaign_currency: str | None
    left: dict[UUID, int]


class Visit(msgspec.Struct, frozen=True):
    """Who wants to use coupons, and when. Nobody: a code is its own right. checkout_id: what it holds is no obstacle.

    currency: null where there is no basket, and the offer's own counts.
    """

    at: datetime
    customer_id: UUID | None = None
    currency: str | None = None
    checkout_id: UUID | None = None


class Line(Protocol):
    """What minimums look at."""

    @property
    def quantity(self) -> Decimal: ...
    @property
    def amount(self) -> int: ...


def obstacle(holding: Holding, visit: Visit) -> Reason | None:
    """Why a coupon may not be used, whatever is bought; None for what the visit's own checkout holds in time."""
    if visit.checkout_id is not None and holding.checkout_id == visit.checkout_id and _is_held(holding, visit):
        return None
    return next((reason for gate in GATES if (reason := gate(holding, visit)) is not None), None)


def shortfall(candidate: Candidate, covered: Sequence[Line]) -> Reason | None:
    """Whether too little is bought of what the offer covers, by shelf amounts."""
    quantity = sum((line.quantity for line in covered), Decimal(0))
    amount = sum(line.amount for line in covered)
    if quantity < (candidate.minimum_quantity or 0) or amount < (candidate.minimum_spend_amount or 0):
        return Reason.MINIMUM_NOT_REACHED
    return None


def draws(candidate: Candidate, amount: int) -> dict[UUID, int]:
    """What one use takes of each allowance: `amount` of the campaign's budget, one of each limit."""
    taken = dict.fromkeys(candidate.limits, 1)
    return taken if candidate.campaign_id is None else taken | {candidate.campaign_id: amount}


def overdrawn(candidate: Candidate, allowance: UUID) -> Reason:
    """Why a coupon does not apply whose `allowance` is used up."""
    return Reason.BUDGET_EXHAUSTED if allowance == candidate.campaign_id else Reason.LIMIT_REACHED


def sponsored(amount: int, share: Decimal) -> int:
    """The sponsor's part of a discount; the store pays the rest."""
    return rounded(amount * share)


def rounded(amount: Decimal) -> int:
    """In whole minor units, half up as Postgres rounds."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def _is_unused(holding: Holding, visit: Visit) -> Reason | None:  # noqa: ARG001 - a gate takes both
    return Reason.COUPON_ALREADY_REDEEMED if holding.status == "redeemed" else None


def _is_valid(holding: Holding, visit: Visit) -> Reason | None:
    if visit.at < holding.valid_from:
        return Reason.COUPON_NOT_STARTED
    return Reason.COUPON_EXPIRED if visit.at >= holding.valid_until else None


def _is_for_them(holding: Holding, visit: Visit) -> Reason | None:
    foreign = None not in (holding.customer_id, visit.customer_id) and holding.customer_id != visit.customer_id
    return Reason.NOT_FOR_THIS_CUSTOMER if foreign else None


def _offer_is_open(holding: Holding, visit: Visit) -> Reason | None:
    return closed(holding.starts_at, holding.ends_at, visit.at)


def _campaign_runs(holding: Holding, visit: Visit) -> Reason | None:  # noqa: ARG001 - a gate takes both
    return HALTS.get(holding.campaign_status) if holding.campaign_status else None


def _currency_fits(holding: Holding, visit: Visit) -> Reason | None:
    currencies = {holding.currency, visit.currency or holding.currency, holding.campaign_currency or holding.currency}
    return Reason.CURRENCY_MISMATCH if len(currencies) > 1 else None


def _limit_can_be_told(holding: Holding, visit: Visit) -> Reason | None:
    return Reason.CUSTOMER_REQUIRED if holding.limits and visit.customer_id is None else None


def _is_free(holding: Holding, visit: Visit) -> Reason | None:
    return Reason.RESERVED_ELSEWHERE if _is_held(holding, visit) else None


def _is_held(holding: Holding, visit: Visit) -> bool:
    return holding.reserved_until is not None and visit.at < holding.reserved_until


GATES: Final[tuple[Callable[[Holding, Visit], Reason | None], ...]] = (
    _is_unused,
    _is_valid,
    _is_for_them,
    _offer_is_open,
    _campaign_runs,
    _currency_fits,
    _limit_can_be_told,
    _is_free,
)
