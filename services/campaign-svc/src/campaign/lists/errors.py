"""What can go wrong with shopping lists."""

from crmkit.problems import Conflict, NotFound


class ShoppingListNotFound(NotFound):
    code, title = "shopping_list_not_found", "There is no such shopping list"


class NoShoppingList(ShoppingListNotFound):
    title = "There is no shopping list of this customer"


class NoScores(Conflict):
    code, title = "no_scores", "Nothing has been scored for this"
