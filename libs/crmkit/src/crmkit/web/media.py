"""The media types of the API."""

import re
from typing import Final

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
PROBLEM: Final = "application/problem+json"

_JSON: Final = re.compile(r"application/([a-z0-9.+-]+\+)?json\s*(;|$)", re.IGNORECASE)


def is_json(content_type: str) -> bool:
    """Whether a Content-Type names JSON or one of its `+json` kinds."""
    return _JSON.match(content_type) is not None
