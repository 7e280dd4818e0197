"""What can go wrong with orders and refunds."""

from crmkit.problems import Conflict, Invalid, NotFound


class OrderNotFound(NotFound):
    code, title = "order_not_found", "There is no such order"


class OrderExists(Conflict):
    code, title = "order_exists", "The order is there already"


class InvalidOrder(Invalid):
    code, title = "invalid_request", "The order is readable but wrong"
