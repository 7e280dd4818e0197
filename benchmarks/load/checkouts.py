"""Redemptions, and checkouts of ten lines and three coupons, each at campaign-svc against the same writes as bare SQL.

    python -m benchmarks.load.checkouts [redeem] [redeem-hot] [checkout] [checkout-hot] [--seconds 3] [--rounds 5]

A redemption is one coupon by its code. A checkout is two requests, counted as one: reserved for a loyalty card that
finds the customer's three coupons, then confirmed. 100,000 coupons for each rival, three a customer; their campaigns
are forty by turns, two in a basket, or one for all ("hot"), whose budget everybody waits for.

The rival is pgbench with `bare/redeem.sql` and `bare/checkout.sql`: the rows that a request leaves behind (changed,
inserted, its events, its kept answer), as plain prepared statements in one transaction a request, with the documents
that the database's own functions write. It judges nothing, reads no basket and prices none; the receipt of its
checkouts is copied from one of the service's. Both leave the same rows behind, which is counted after each part.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec
import psycopg

from benchmarks.load import rivals, wrk
from benchmarks.load.ground import ground, service
from benchmarks.load.pgbench import Bare
from benchmarks.load.rivals import Target, compare
from benchmarks.load.wrk import Ask, Http
from campaign.coupons import codes

COUPONS = 100_000 // 3 * 3
CAMPAIGNS = 40
TYPES = 40
LINES = 10
VALUE = 50


# Rows are found by their numbers: kind 1 customers, 2 products, 3 offers, 4 campaigns, 5 coupons.
GROUND = f"""
create function numbered(kind int, n bigint) returns uuid immutable parallel safe
    return (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;
create sequence played;
grant all on sequence played to campaign;
insert into products (id, version, source, external_id, product_type)
select numbered(2, n), 1, 'till', 'p' || n, 'TYPE ' || n % {TYPES} from generate_series(0, 999) as n;
insert into offers (id, name, kind, value, currency, target, ladder, sponsor_share)
select numbered(3, n), 'Offer ' || n, 'amount', {VALUE}, 'USD', json_build_object('product_type', 'TYPE ' || n), '[]', 0
from generate_series(0, {TYPES - 1}) as n;
insert into campaigns (
    id, name, goal, audience, control_share, currency, list_length, coupon_valid_days, starts_at, ends_at, status)
select numbered(4, n), 'Campaign ' || n, 'more', '{{}}', 0, 'USD', 10, 14, now(), now() + interval '30 days', 'launched'
from generate_series(0, {CAMPAIGNS}) as n;
insert into budgets (campaign_id, granted_amount) select id, 1000000000000 from campaigns;
"""
# A basket's coupons are three neighbours, their offers for three product types, their campaigns two.
POOL = f"""
create temporary table pool as
select n, (n - 1) / 3 as basket, code, case when %(hot)s then {CAMPAIGNS}
    else ((n - 1) / 3 + (n %% 3 = 0)::int) %% {CAMPAIGNS} end as campaign
from unnest(%(codes)s::text[]) with ordinality as given (code, place), lateral (select %(first)s + place - 1) as at (n);
insert into customers (id, version) select distinct numbered(1, basket), 1 from pool;
insert into customer_handles (kind, value, customer_id)
select distinct 'card', 'card-' || basket, numbered(1, basket) from pool;
insert into coupons (id, code, offer_id, campaign_id, customer_id, value, valid_from, valid_until)
select numbered(5, n), code, numbered(3, n %% {TYPES}), numbered(4, campaign), numbered(1, basket), {VALUE}, now(),
    now() + interval '14 days'
from pool;
insert into coupon_codes (code, coupon_id) select code, numbered(5, n) from pool order by code;
drop table pool;
"""
PLAYED_NEXT = """
alter sequence played restart with %(first)s increment by %(step)s;
drop table if exists example;
create table example as select customer, lines, applied, not_applied from checkouts limit 1;
grant select on example to campaign;
"""
COUNT = """
select count(*) from redemptions r
join coupons c on c.id = r.coupon_id and c.status = 'redeemed'
join outbox o on o.type = 'perennial.coupon.redeemed.v1' and o.source = '/v1/coupons/' || r.coupon_id
where r.coupon_id between numbered(5, %s) and numbered(5, %s)
"""


def main() -> None:
    chosen, rounds = rivals.options(__doc__, [part.name for part in PARTS])
    wrk.needed(wrk="wrk")
    with (
        ground() as on,
        service(on, "campaign") as campaign,
        psycopg.connect(on.url("campaign_owner"), autocommit=True, cursor_factory=psycopg.ClientCursor) as connection,
    ):
        connection.execute(GROUND)
        for place, part in enumerate(part for part in PARTS if part.name in chosen):
            first, second = (2 * place * COUPONS + 1, (2 * place + 1) * COUPONS + 1)
            asks = list(part.asks(first, fill(connection, first, hot=part.hot)))
            ours = Http(campaign.name, campaign.url, asks, campaign.headers, part.then)
            ours.await_answer()
            fill(connection, second, hot=part.hot)
            connection.execute(PLAYED_NEXT, {"first": second, "step": part.step})
            compare(part.what, ours, Bare(part.script, on.url("campaign")), Target(part.target), rounds)
            ours_count, bare_count = (count(connection, number) for number in (first, second))
            print(f"  coupons redeemed and told    {ours_count:,} by the service, {bare_count:,} by the script")


def fill(connection: psycopg.Connection, first: int, *, hot: bool) -> list[str]:
    """Coupons from number `first` on, and their codes in this order."""
    given = codes.generate(COUPONS)
    connection.execute(POOL, {"codes": given, "first": first, "hot": hot})
    connection.execute("vacuum analyze")
    return given


def redemptions(first: int, given: Sequence[str]) -> Iterator[Ask]:  # noqa: ARG001
    for code in given:
        yield Ask("/v1/redemptions", msgspec.json.encode({"code": code, "store_id": "31"}))


def baskets(first: int, given: Sequence[str]) -> Iterator[Ask]:
    """One for each customer; three of its lines are what the coupons are for."""
    for number in range(first, first + len(given), 3):
        basket = (number - 1) // 3
        lines = [
            {
                "product": {"external_id": f"p{(number + line) % TYPES + TYPES * (basket % 25)}", "source": "till"},
                "quantity": 1 + line % 3,
                "unit_amount": 199 + 10 * line,
            }
            for line in range(LINES)
        ]
        body = {"customer": {"card": f"card-{basket}"}, "store_id": "31", "currency": "USD", "lines": lines}
        yield Ask("/v1/checkouts", msgspec.json.encode(body))


def count(connection: psycopg.Connection, first: int) -> int:
    row = connection.execute(COUNT, [first, first + COUPONS - 1]).fetchone()
    assert row is not None
    return int(row[0])


@dataclass(frozen=True)
class Part:
    """Requests of the service, and the script beside it. hot: all coupons are of one campaign. step: coupons a play."""

    name: str
    what: str
    target: float
    script: str
    asks: Callable[[int, Sequence[str]], Iterator[Ask]]
    step: int = 1
    then: str | None = None
    hot: bool = False


REDEEM = Part("redeem", "Redemptions, 40 budgets", 0.35, "redeem.sql", redemptions)
CHECKOUT = Part("checkout", "Reserve + confirm, 40 budgets", 0.3, "checkout.sql", baskets, step=3, then="/confirm")
PARTS = (
    REDEEM,
    replace(REDEEM, name="redeem-hot", what="Redemptions, one hot budget", target=0.6, hot=True),
    CHECKOUT,
    replace(CHECKOUT, name="checkout-hot", what="Reserve + confirm, one hot budget", target=0.6, hot=True),
)


if __name__ == "__main__":
    main()
