"""1.36 million order lines through the gateway, against `psql \\copy` and INSERT .. SELECT into the same tables.

    python -m benchmarks.bulk.import_orders

Starts a platform of its own: Postgres, gateway, profile store and its worker. The import is timed from the first byte
sent to the job's end: authentication, staging, every check, orders, lines and events. The rival copies a flat CSV into
a staging table and writes the same rows into the same tables under the same constraints, events included, in one
transaction on the same Postgres; it checks nothing, its input is known to be good. Both start from empty tables.
"""

import os
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pyarrow as pa
from psycopg.conninfo import make_conninfo
from pyarrow import csv

from benchmarks.bulk.memory import Memory
from demo import data, ndjson
from demo.api import Api
from demo.load import HISTORY
from deploy.local import binaries, keys, platform
from deploy.local.platform import Platform

OTHERS = ("segment", "campaign", "callcenter")
LEFT_OUT = ",".join(f"{name}-{process}" for name in OTHERS for process in ("svc", "worker"))
TABLES = ("order_keys", "orders", "order_lines", "refunds", "refund_lines", "outbox", "feed")

STAGING = """
create temporary table staging (
    external_id text, household text, placed_at timestamptz, store_id text, line int,
    product text, quantity numeric, amount bigint, discounts json);
"""
INSERT = """
analyze staging;
insert into order_keys (source, external_id, order_id, customer_id)
select 'tcj', s.external_id, uuidv7(), k.customer_id
from (select distinct external_id, household from staging) s
join customer_keys k on k.kind = 'external_id' and k.source = 'tcj' and k.value = s.household
order by s.external_id;
analyze order_keys;
insert into orders (customer_id, id, source, external_id, placed_at, store_id, channel, currency, total_amount)
select k.customer_id, k.order_id, 'tcj', external_id, min(s.placed_at), min(s.store_id), 'store', 'USD', sum(s.amount)
from staging s join order_keys k using (external_id)
where k.source = 'tcj' group by k.customer_id, k.order_id, external_id;
insert into order_lines (customer_id, order_id, line, product_id, quantity, amount, discounts)
select k.customer_id, k.order_id, s.line, p.id, s.quantity, s.amount, s.discounts
from staging s join order_keys k using (external_id) join products p on p.external_id = s.product
where k.source = 'tcj' and p.source = 'tcj';
analyze order_lines;
insert into outbox (type, source, subject, data, actor)
select 'perennial.order.placed.v1', '/v1/orders/' || id, customer_id::text, document, 'benchmark' from order_documents;
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name, platform.start(left_out=LEFT_OUT) as running:
        folder = Path(name)
        (folder / "orders.ndjson.gz").write_bytes(b"".join(ndjson.gzipped(data.orders(HISTORY))))
        write_flat(folder / "orders.csv")
        api = Api.at(running.url, running.admin_key)
        api.upload("products", ndjson.gzipped(data.products()))
        api.upload("customers", ndjson.gzipped(data.customers(HISTORY)))
        empty(running)
        ours, memory = through_the_gateway(api, running, folder / "orders.ndjson.gz")
        lines = count_lines(running)
        empty(running)
        rival = by_psql(running, folder / "orders.csv")
        assert count_lines(running) == lines, "the rival wrote other lines"
    report(lines, ours, rival, memory)


def report(lines: int, ours: float, rival: float, memory: Memory) -> None:
    print(f"order lines                {lines:>10,}")
    print(f"through the gateway        {ours:>10.1f} s {lines / ours:>10,.0f} lines/s")
    print(f"psql \\copy + INSERT SELECT {rival:>10.1f} s {lines / rival:>10,.0f} lines/s")
    print(f"ratio                      {rival / ours:>10.2f}   (to reach: 0.50, and 75 s)")
    for name, most in memory.largest():
        print(f"most resident memory       {most:>10.0f} MB {name}   (to stay under: 400)")


def through_the_gateway(api: Api, running: Platform, body: Path) -> tuple[float, Memory]:
    memory = Memory()
    with memory.watched(running.supervisor), body.open("rb") as stream:
        started = time.perf_counter()
        job = api.upload("orders", iter(lambda: stream.read(1 << 16), b""))
        seconds = time.perf_counter() - started
    assert job.failed == 0, f"{job.failed} orders were refused: {job.errors_url}"
    return seconds, memory


def by_psql(running: Platform, flat: Path) -> float:
    copy = f"\\copy staging from '{flat}' csv\n"
    started = time.perf_counter()
    psql(running, f"begin; {STAGING}{copy}{INSERT} commit;")
    return time.perf_counter() - started


def write_flat(path: Path) -> None:
    """The same orders as rows, a line each, for `\\copy`."""
    with csv.CSVWriter(path, _FLAT, write_options=csv.WriteOptions(include_header=False)) as file:
        for batch in data.flat_lines(HISTORY):
            file.write_batch(batch.cast(_FLAT))


_FLAT = pa.schema(
    [
        ("external_id", pa.int64()), ("household", pa.int64()), ("placed_at", pa.string()), ("store_id", pa.int64()),
        ("line", pa.int64()), ("product", pa.int64()), ("quantity", pa.int64()), ("amount", pa.int64()),
        ("discounts", pa.string()),
    ]
)  # fmt: skip


def empty(running: Platform) -> None:
    psql(running, f"truncate {', '.join(TABLES)}; update feed_head set position = 0; checkpoint;")


def count_lines(running: Platform) -> int:
    with psycopg.connect(make_conninfo("", **_address(running))) as connection:
        row = connection.execute("select count(*) from customer.order_lines").fetchone()
    assert row is not None
    return int(row[0])


def psql(running: Platform, script: str) -> None:
    address = _address(running)
    environment = dict(os.environ) | {
        "PGHOST": address["host"],
        "PGPORT": address["port"],
        "PGUSER": address["user"],
        "PGPASSWORD": address["password"],
        "PGDATABASE": address["dbname"],
        "PGOPTIONS": "-c search_path=customer,extensions",
    }
    command = [str(binaries.installation().bin / "psql"), "-qX", "-v", "ON_ERROR_STOP=1"]
    subprocess.run(command, input=script, text=True, check=True, env=environment)


def _address(running: Platform) -> dict[str, str]:
    return {
        "host": "127.0.0.1",
        "port": (running.home.folder / "postgres.port").read_text(),
        "user": "postgres",
        "password": keys.read(running.home.secrets / "postgres/password"),
        "dbname": "perennial",
    }


if __name__ == "__main__":
    main()
