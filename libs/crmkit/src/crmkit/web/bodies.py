"""What bodies share."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from crmkit.data import contact_points
from crmkit.data.contact_points import Unreadable

# The country whose dialling habits read a number without `+`; set for each request, from the settings.
region: Final[ContextVar[str]] = ContextVar("crmkit_phone_region", default="US")


class Body(BaseModel):
    """A body that this API defines: unknown members are refused, so that typos are heard."""

    model_config = ConfigDict(extra="forbid")


def _read(value: str, reader: Callable[[str], str]) -> str:
    try:
        return reader(value)
    except Unreadable as error:
        raise PydanticCustomError("wrong_format", "{said}", {"said": str(error)}) from error


def _phone(value: str, info: ValidationInfo) -> str:
    where: str = (info.context or {}).get("region") or region.get()
    return _read(value, lambda number: contact_points.phone(number, where))


def _email(value: str) -> str:
    return _read(value, contact_points.email)


# Read as fields, so that a bad one is told beside whatever else is wrong with the body.
# Outside a request: `model_validate(..., context={"region": "DE"})`.
Phone = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_phone)]
Email = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_email)]
