"""Instants as bodies and queries give them: RFC 3339, and in years in which a business can be."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_RFC3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}")


def bounded(instant: datetime) -> datetime:
    """The instant itself. Raises ValueError outside 1900 to 2199: near the ends of the calendar no zone has a day."""
    if not EARLIEST <= instant < LATEST:
        raise ValueError("an instant here is of the years 1900 to 2199")
    return instant


def _read_rfc3339(value: object) -> object:
    """Pydantic would read `0.5` and `1780000000` too."""
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC3339.match(value)):
        return value
    raise ValueError("an instant is written as RFC 3339, such as 2026-06-01T12:00:00Z")


Instant = Annotated[
    AwareDatetime, BeforeValidator(_read_rfc3339, json_schema_input_type=AwareDatetime), AfterValidator(bounded)
]
