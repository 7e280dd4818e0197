"""Facts go in by COPY to a temporary table, then one INSERT that keeps the newer version of each row."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import db
from segment import sql
from segment.events import Customer, Product
from segment.facts.rules import OrderFact, RefundFact

_ERASED_FROM = ("orders", "refunds", "customer_external_ids", "scores", "brand_loyalty", "next_purchases")

_KEEP = {table: sql.load(__package__, f"keep_{table}") for table in ("customers", "products", "orders", "refunds")}
_KEEP_EXTERNAL_IDS = sql.load(__package__, "keep_external_ids")


async def keep_customers(session: AsyncSession, customers: Sequence[Customer]) -> None:
    ids = [
        (each.id, position, known.source, known.external_id)
        for each in customers
        for position, known in enumerate(each.external_ids)
    ]
    await _stage(session, "customer_external_ids", ids)
    await _stage(session, "customers", [(each.id, each.version, each.kind, False) for each in customers])
    connection = await db.driver(session)
    kept = [row["customer_id"] for row in await connection.fetch(_KEEP["customers"])]
    await connection.execute("delete from customer_external_ids where customer_id = any($1)", kept)
    await connection.execute(_KEEP_EXTERNAL_IDS, kept)


async def keep_products(session: AsyncSession, products: Sequence[Product]) -> None:
    rows = [
        (p.id, p.version, p.external_id, p.source, p.name, p.department, p.product_category, p.product_type, p.brand)
        for p in products
    ]
    await _keep(session, "products", rows)


async def keep_orders(session: AsyncSession, orders: Sequence[OrderFact]) -> None:
    await _keep(session, "orders", orders)


async def keep_refunds(session: AsyncSession, refunds: Sequence[RefundFact]) -> None:
    await _keep(session, "refunds", refunds)


async def erase_customers(session: AsyncSession, customer_ids: Collection[str]) -> None:
    """Forget all facts of these customers, of finished runs too; the bare id stays, so that a replay adds nothing."""
    connection = await db.driver(session)
    ids = [UUID(each) for each in customer_ids]
    await connection.execute(
        "insert into customers (customer_id, version, kind, erased) select id, 0, 'consumer', true"
        " from unnest($1::uuid[]) as id on conflict (customer_id) do update set erased = true",
        ids,
    )
    for table in _ERASED_FROM:
        await connection.execute(f"delete from {table} where customer_id = any($1)", ids)


async def _keep(session: AsyncSession, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    await _stage(session, table, rows)
    connection = await db.driver(session)
    await connection.execute(_KEEP[table])


async def _stage(session: AsyncSession, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    # Once a connection, not once a page: a table made for each page would bloat the catalogue.
    connection = await db.driver(session)
    await connection.execute(
        f"create temporary table if not exists staged_{table} (like {table}) on commit delete rows"
    )
    await connection.copy_records_to_table(f"staged_{table}", records=rows)
