"""What can go wrong with customers."""

from crmkit.problems import Conflict, FieldError, Invalid


class IdentifierTaken(Conflict):
    code, title = "identifier_taken", "The identifier belongs to another customer"


class NoValue(Invalid):
    """An attribute that a patch would leave without a value."""

    def __init__(self, attribute: str) -> None:
        pointer, detail = f"/attributes/{attribute}/value", "an attribute has a value; null for all of it removes it"
        super().__init__(f"{pointer}: {detail}", errors=[FieldError(pointer, detail)])
