"""What can go wrong with stores."""

from crmkit.problems import Conflict, NotFound


class StoreNotFound(NotFound):
    code, title = "store_not_found", "There is no such store"


class StoreExists(Conflict):
    code, title = "store_exists", "The store is there already"
