"""Money as bodies give it: whole minor units of an ISO 4217 currency."""

from decimal import Decimal
from functools import cache
from typing import Annotated, Final

from babel.core import get_global
from babel.numbers import get_currency_precision
from pydantic import AfterValidator, BaseModel, Field

MOST: Final = 10**15

Amount = Annotated[int, Field(ge=0, le=MOST, strict=True, description="minor units")]


@cache
def _currencies() -> frozenset[str]:
    """Those that are or were legal tender somewhere, as CLDR has them."""
    return frozenset(code for tenders in get_global("territory_currencies").values() for code, *_ in tenders)


def minor_unit(currency: str) -> Decimal:
    """What one minor unit is of the major one: 0.01 of the dollar, 1 of the yen."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


def known(currency: str) -> str:
    """The currency itself. Raises ValueError when ISO 4217 has none of that code."""
    if currency not in _currencies():
        raise ValueError("a currency is a code of ISO 4217, such as USD")
    return currency


Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["USD"]), AfterValidator(known)]


class Money(BaseModel):
    """`{"amount": 1250, "currency": "USD"}`, minor units."""

    amount: int
    currency: str
