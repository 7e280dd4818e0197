"""A full scoring run over synthetic customers: metrics, classes, brand loyalty, next purchases, events.

    python -m benchmarks.bulk.scoring [--customers 100000] [--orders 1000000]

On a throwaway Postgres of its own. The facts are written straight into the projection's tables; the run is the
worker's own job, timed from its first transaction to its last.
"""

import argparse
import asyncio
import time
from datetime import date
from pathlib import Path
from typing import Final

import httpx
import psycopg

from crmkit.data import migrations
from crmkit.data.db import Database
from crmkit.work import jobs
from deploy.local import postgres
from segment.scoring_runs import service
from segment.scoring_runs.schemas import NewScoringRun
from segment.settings import Settings

PASSWORD: Final = "benchmark"
FOLDER: Final = Path(__file__).parents[2] / "services/segment-svc"
AS_OF: Final = date(2026, 1, 1)

# Gamma-like loyalty: a tenth of the customers make half of the orders. One to five lines, a few types bought often.
FACTS: Final = """
insert into products (product_id, version, product_type, product_category, department, brand)
select uuidv7(), 1, 'TYPE ' || number % 800, 'CATEGORY ' || number % 160, 'GROCERY',
    case when number % 4 = 0 then 'private' else 'national' end
from generate_series(1, 20000) as number;
insert into customers (customer_id, version, kind)
select uuidv7(), 1, 'consumer' from generate_series(1, {customers});
create temporary table numbered_customers as
select row_number() over (order by customer_id) as number, customer_id from customers;
create temporary table numbered_products as
select row_number() over (order by product_id) as number, product_id from products;
create unique index on numbered_customers (number);
create unique index on numbered_products (number);
analyze numbered_customers;
analyze numbered_products;
create temporary table bought as
select
    number, customer, day, line, 1 + floor(20000 * power(random(), 4))::int as product,
    50 + floor(random() * 1000)::int as amount
from (
    select
        number, 1 + floor({customers} * power(random(), 3))::int as customer,
        date '2025-01-01' + floor(random() * 365)::int as day
    from generate_series(1, {orders}) as number
) as basket, generate_series(1, 1 + number % 5) as line;
insert into orders (
    customer_id, order_id, version, day, currency, amount, deal_amount, line_count, product_ids, quantity_thousandths,
    amounts)
select
    (array_agg(customers.customer_id))[1], uuidv7(), 1, min(day), 'USD', sum(amount), 0, count(*),
    array_agg(products.product_id), array_agg(1000::bigint), array_agg(amount::bigint)
from bought
join numbered_customers as customers on customers.number = bought.customer
join numbered_products as products on products.number = bought.product
group by bought.number;
analyze;
"""


def main() -> None:
    """Print how long one run takes."""
    asked = argparse.ArgumentParser(description="Time a full scoring run over synthetic customers.")
    asked.add_argument("--customers", type=int, default=100_000)
    asked.add_argument("--orders", type=int, default=1_000_000)
    wanted = asked.parse_args()
    with postgres.throwaway() as cluster:
        settings = _prepare(cluster.url, wanted.customers, wanted.orders)
        lines, seconds = asyncio.run(_score(settings))
    print(f"{wanted.customers:,} customers, {wanted.orders:,} orders, {lines:,} lines scored in {seconds:.1f} s")


def _prepare(url: str, customers: int, orders: int) -> Settings:
    postgres.create_service(url, "segment", PASSWORD, PASSWORD, "benchmark")
    place = url.rpartition("@")[2].partition("/")[0]
    owner = f"segment_owner:{PASSWORD}@{place}/benchmark"
    migrations.upgrade(FOLDER, f"postgresql+psycopg://{owner}")
    with psycopg.connect(f"postgresql://{owner}", autocommit=True) as connection:
        connection.execute(FACTS.format(customers=customers, orders=orders))
    return Settings(database_url=f"postgresql://segment@{place}/benchmark", database_password=PASSWORD)


async def _score(settings: Settings) -> tuple[int, float]:
    database = Database.of(settings)
    async with database.begin() as session:
        job = await service.start(session, NewScoringRun(as_of=AS_OF), settings)
    started = time.perf_counter()
    async with httpx.AsyncClient() as gateway:
        await jobs.execute(database, gateway, {service.JOB: service.score}, job.id)
    seconds = time.perf_counter() - started
    async with database.connection() as connection:
        assert await connection.fetchval("select status from jobs") == "succeeded"
        lines: int = await connection.fetchval("select sum(line_count) from orders")
    await database.close()
    return lines, seconds


if __name__ == "__main__":
    main()
