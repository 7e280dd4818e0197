"""Reading feeds from their beginning, as a new consumer would."""

from collections.abc import Iterator
from typing import Any

import httpx


def events_of(client: httpx.Client, service: str) -> Iterator[dict[str, Any]]:
    """Every event of a service's feed, in order."""
    after = ""
    while batch := client.get(f"/v1/feeds/{service}", params={"after": after, "limit": 1000}).json():
        yield from batch
        after = batch[-1]["sequence"]
