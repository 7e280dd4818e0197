"""What can go wrong with interactions."""

from crmkit.problems import Conflict, NotFound, Problem, UnknownReference
from customer.intake import Refusal


class InteractionNotFound(NotFound):
    code, title = "interaction_not_found", "There is no such interaction"


class InteractionExists(Conflict):
    code, title = "interaction_exists", "The interaction is there already"


def of_refusal(refusal: Refusal) -> Problem:
    """The problem a single request is answered with."""
    if refusal.existing_id is None:
        return UnknownReference(refusal.detail)
    return InteractionExists(refusal.detail, existing_id=str(refusal.existing_id))
