"""What the customer feed tells, each row at the newest version seen.

Rows are tuples in the order of their table's columns. They go in by COPY to a temporary table, then by one INSERT that
keeps the newer version of each.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import db
from segment import sql

Rows = Sequence[tuple[Any, ...]]

_TABLES: Final = ("customers", "customer_external_ids", "products", "orders", "refunds")
_KEEP: Final = {table: sql.load(__package__, f"keep_{table}") for table in _TABLES}


class OrderFact(NamedTuple):
    """A row of `orders`. Amounts are minor units, days are dates of the business."""

    customer_id: str | None
    order_id: str
    version: int
    day: date
    cancelled_on: date | None
    currency: str
    amount: int
    deal_amount: int
    margin_amount: int | None
    line_count: int
    product_ids: list[str | None]
    quantity_thousandths: list[int]
    amounts: list[int]


async def keep(session: AsyncSession, table: str, rows: Rows) -> None:
    """Keep products, orders or refunds."""
    if rows:
        await _stage(session, table, rows)
        await (await db.driver(session)).execute(_KEEP[table])


async def keep_customers(session: AsyncSession, customers: Rows, external_ids: Rows) -> None:
    """Keep customers, each with the external ids of its newest version."""
    await _stage(session, "customer_external_ids", external_ids)
    await _stage(session, "customers", customers)
    connection = await db.driver(session)
    kept = [row["customer_id"] for row in await connection.fetch(_KEEP["customers"])]
    await connection.execute("delete from customer_external_ids where customer_id = any($1)", kept)
    await connection.execute(_KEEP["customer_external_ids"], kept)


async def erase_customers(session: AsyncSession, customer_ids: Sequence[UUID]) -> None:
    """Forget all facts of these customers; the bare id stays, so that a replay adds nothing."""
    connection = await db.driver(session)
    await connection.execute(
        "insert into customers (customer_id, version, kind, erased) select distinct id, 0, 'consumer', true"
        " from unnest($1::uuid[]) as id on conflict (customer_id) do update set erased = true",
        customer_ids,
    )
    for table in ("orders", "refunds", "customer_external_ids"):
        await connection.execute(f"delete from {table} where customer_id = any($1)", customer_ids)


async def _stage(session: AsyncSession, table: str, rows: Rows) -> None:
    # Once a connection, not once a page: a table made for each page would bloat the catalogue.
    connection = await db.driver(session)
    await connection.execute(
        f"create temporary table if not exists staged_{table} (like {table}) on commit delete rows"
    )
    await connection.copy_records_to_table(f"staged_{table}", records=rows)
