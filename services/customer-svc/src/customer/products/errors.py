"""What can go wrong with products."""

from crmkit.problems import Conflict, NotFound


class ProductNotFound(NotFound):
    code, title = "product_not_found", "There is no such product"


class ProductExists(Conflict):
    code, title = "product_exists", "The product is there already"
