"""What can go wrong with orders and refunds."""

from crmkit.problems import AmbiguousReference, Conflict, Invalid, NotFound, Problem, UnknownReference
from customer.intake import Refusal


class OrderNotFound(NotFound):
    code, title = "order_not_found", "There is no such order"


class OrderExists(Conflict):
    code, title = "order_exists", "The order is there already"


class OrderOfAnotherCustomer(Conflict):
    code, title = "order_of_another_customer", "The order is another customer's"


class OrderCancelled(Conflict):
    code, title = "order_cancelled", "The order was cancelled"


class InvalidOrder(Invalid):
    code, title = "invalid_request", "The order is readable but wrong"


class RefundExists(Conflict):
    code, title = "refund_exists", "The refund is there already"


class RefundTooLarge(Conflict):
    code, title = "refund_too_large", "More would be refunded than was bought"


_CASES: dict[str, type[Problem]] = {
    case.code: case
    for case in (
        AmbiguousReference,
        InvalidOrder,
        OrderExists,
        OrderOfAnotherCustomer,
        RefundExists,
        RefundTooLarge,
        UnknownReference,
    )
}


def of_refusal(refusal: Refusal) -> Problem:
    """The problem a single request is answered with."""
    case = _CASES[refusal.code]
    if refusal.candidates:
        return case(refusal.detail, candidates=[str(id) for id in refusal.candidates])
    if refusal.existing_id:
        return case(refusal.detail, existing_id=str(refusal.existing_id))
    return case(refusal.detail)
