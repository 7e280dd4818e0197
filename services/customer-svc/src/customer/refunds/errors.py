"""What can go wrong with refunds."""

from crmkit.problems import Conflict, NotFound


class RefundNotFound(NotFound):
    code, title = "refund_not_found", "There is no such refund"


class RefundExists(Conflict):
    code, title = "refund_exists", "The refund is there already"


class RefundTooLarge(Conflict):
    code, title = "refund_too_large", "More would be refunded than was bought"
