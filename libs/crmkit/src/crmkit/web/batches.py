"""`POST /v1/<noun>/batch`: its items are read one by one, so that a bad one does not refuse the others."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from crmkit.problems import Invalid
from crmkit.web import faults, unstorable

M = TypeVar("M", bound=BaseModel)


def read_item(kind: type[M], item: Any) -> M:
    """An item as the body of its own request would be read. Raises Invalid (422), its pointers from the item on."""
    unstorable.refuse_in(item)
    try:
        return kind.model_validate(item)
    except ValidationError as error:
        raise of_validation(error) from error


def of_validation(error: ValidationError) -> Invalid:
    """What is wrong with one document among several, in a sentence and by pointers."""
    errors = faults.field_errors(list(error.errors()))
    return Invalid(f"{errors[0].pointer or 'item'}: {errors[0].detail}", errors=errors)
