"""Ids for rows that are written in sets."""

from typing import Final
from uuid import UUID

from asyncpg import Connection

_IDS: Final = "select uuidv7() from generate_series(1, $1)"


async def make_ids(connection: Connection, count: int) -> list[UUID]:
    """New ids in rising order."""
    return [row[0] for row in await connection.fetch(_IDS, count)]
