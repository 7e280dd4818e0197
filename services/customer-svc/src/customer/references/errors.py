"""References that name nobody."""

from crmkit.problems import NotFound


class CustomerNotFound(NotFound):
    code, title = "customer_not_found", "There is no such customer"
