"""What can go wrong with interactions."""

from crmkit.problems import Conflict, NotFound


class InteractionNotFound(NotFound):
    code, title = "interaction_not_found", "There is no such interaction"


class InteractionExists(Conflict):
    code, title = "interaction_exists", "The interaction is there already"
