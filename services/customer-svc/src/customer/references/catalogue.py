"""Products found before, so that a long import asks for each but once."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

import asyncpg

from customer.references import repository
from customer.references.rules import Handle

MOST: Final = 200_000


class Catalogue:
    """What a handle was found to name holds for good: a product is archived, never deleted or renamed."""

    def __init__(self) -> None:
        self._found: dict[Handle, UUID] = {}

    async def find(self, connection: asyncpg.Connection, handles: Collection[Handle]) -> Mapping[Handle, UUID]:
        """The products that these handles name, among others."""
        if len(self._found) > MOST:
            self._found.clear()
        missing = [handle for handle in handles if handle not in self._found]
        if missing:
            self._found |= await repository.find_products(connection, missing)
        return self._found
