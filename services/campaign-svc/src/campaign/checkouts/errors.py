"""What can go wrong with checkouts."""

from crmkit.problems import Conflict, NotFound


class CheckoutNotFound(NotFound):
    code, title = "checkout_not_found", "There is no such checkout"


class CheckoutExpired(Conflict):
    """Carries `lost`: the codes that somebody else has meanwhile, or that no budget is left for."""

    code, title = "checkout_expired", "The reservation has lapsed and cannot be had again"


class OrderTaken(Conflict):
    """Carries `existing_id`: the checkout that has become this order."""

    code, title = "order_taken", "Another checkout has become this order"


class CheckoutClosed(Conflict):
    code, title = "checkout_closed", "The checkout is no longer open"
