"""What can go wrong with customers."""

from crmkit.problems import Conflict, FieldError, Invalid, NotFound, Problem, UnknownReference
from customer.intake import Refusal


class CustomerNotFound(NotFound):
    code, title = "customer_not_found", "There is no such customer"


class IdentifierTaken(Conflict):
    code, title = "identifier_taken", "The identifier belongs to another customer"


class NoValue(Invalid):
    """An attribute that a patch would leave without a value."""

    def __init__(self, attribute: str) -> None:
        pointer, detail = f"/attributes/{attribute}/value", "an attribute has a value; null for all of it removes it"
        super().__init__(f"{pointer}: {detail}", errors=[FieldError(pointer, detail)])


_CASES: dict[str, type[Problem]] = {"identifier_taken": IdentifierTaken, "unknown_reference": UnknownReference}


def of_refusal(refusal: Refusal) -> Problem:
    """The problem a single request is answered with."""
    case = _CASES[refusal.code]
    if refusal.existing_id is None:
        return case(refusal.detail)
    return case(refusal.detail, existing_id=str(refusal.existing_id))
