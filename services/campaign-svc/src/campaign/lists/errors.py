"""What can go wrong with shopping lists."""

from crmkit.problems import NotFound


class ShoppingListNotFound(NotFound):
    code, title = "shopping_list_not_found", "There is no such shopping list"


class NoShoppingList(ShoppingListNotFound):
    title = "There is no shopping list of this customer"
