"""The telephone: events folded into calls, and the screen pop before a call is picked up, at callcenter-svc.

    python -m benchmarks.load.calls [events] [screen-pop] [--seconds 3] [--rounds 5] [--connections 16]

10,000 customers, each with a telephone number, a score, 5 open coupons, 6 tickets of which 3 are open, 6 calls and 2
survey responses. Each new call has three events, ringing, answered and ended, and comes from one of the numbers; its
own events stand a thousand others apart, so that none waits for another.

The rival is pgbench. `bare/call.sql` leaves behind the rows that the three events do (the call inserted, then updated
twice; each time the event as it came, the event told and the kept answer), as plain prepared statements in one
transaction an event, with the documents that the database writes, folding nothing; what both left behind is counted.
`bare/screen_pop.sql` reads what the screen shows, a plain SELECT for each part of it.
"""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg

from benchmarks.load import rivals, wrk
from benchmarks.load.ground import ground, service
from benchmarks.load.pgbench import Bare
from benchmarks.load.rivals import Target, compare
from benchmarks.load.wrk import Ask, Http

CUSTOMERS = 10_000
CALLS = 60_000
APART = 1_000
FIRST_NUMBER = 14_152_000_000
EVENTS = ("ringing", "answered", "ended")

# Customers and their telephone numbers are found by numbers from 1 on.
GROUND = f"""
create function numbered(n bigint) returns uuid immutable parallel safe
    return ('00000001-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;
create temporary table numbers as
select n, numbered(n) as customer_id, '+' || {FIRST_NUMBER} + n as phone from generate_series(1, {CUSTOMERS}) as n;
insert into customers (customer_id, version, kind, name, consents)
select customer_id, 1, 'consumer', 'Customer ' || n, '{{"email": "granted"}}' from numbers;
insert into customer_handles (kind, value, customer_id)
select 'phone', phone, customer_id from numbers union all select 'id', customer_id::text, customer_id from numbers;
insert into customer_scores (customer_id, tier, clv, computed_at)
select customer_id, 'gold', '{{"amount": 12345, "currency": "USD"}}', now() from numbers;
insert into open_coupons (customer_id, code, offer_id, valid_until)
select customer_id, 'C' || n || '-' || c, uuidv7(), now() + interval '14 days'
from numbers, generate_series(1, 5) as c;
insert into tickets (
    id, number, type, status, priority, priority_given, subject, body, channel, first_response_due_at,
    resolution_due_at, customer_id, handle_kind, handle_value, resolution, created_at, updated_at)
select uuidv7(), nextval('ticket_number'), 'inquiry', case when t > 3 then 'open' else 'closed' end, 'normal', false,
    'Where is my order?', 'It was due yesterday.', 'phone', now(), now(), customer_id, 'phone', phone, 'resolved',
    now() - (7 - t) * interval '1 day', now()
from generate_series(1, 6) as t, numbers;
insert into calls (
    id, call_id, status, direction, from_number, customer_id, handle_kind, handle_value,
    resolution, created_at, updated_at)
select uuidv7(), 'old-' || n || '-' || c, 'ended', 'inbound', phone, customer_id, 'phone', phone, 'resolved',
    now() - (7 - c) * interval '1 day', now()
from generate_series(1, 6) as c, numbers;
insert into survey_responses (
    id, kind, class, score, customer_id, handle_kind, handle_value, resolution, answered_at, created_at, updated_at)
select uuidv7(), 'nps', 'promoter', 9, customer_id, 'phone', phone, 'resolved', now(), now() - a * interval '1 day',
    now()
from generate_series(1, 2) as a, numbers;
vacuum analyze;
"""
COUNT = """
select count(*) filter (where c.call_id like 'pbx-%'), count(*) filter (where c.call_id like 'bare-%')
from calls c join outbox o on o.source = '/v1/calls/' || c.id
where c.resolution = 'resolved' and o.type like 'perennial.call.%' and exists (
    select from call_events e where e.call_id = c.call_id)
"""


def main() -> None:
    parts, rounds = rivals.options(__doc__, ("events", "screen-pop"))
    wrk.needed(wrk="wrk")
    with (
        ground() as on,
        service(on, "callcenter") as callcenter,
        psycopg.connect(on.url("callcenter_owner"), autocommit=True) as connection,
    ):
        for statement in GROUND.split(";\n")[:-1]:
            connection.execute(statement)
        url = on.url("callcenter")
        if "events" in parts:
            ours = Http(callcenter.name, callcenter.url, list(events()), callcenter.headers)
            ours.await_answer()
            compare("Call events", ours, Bare("call.sql", url, len(EVENTS)), Target(0.3), rounds)
            row = connection.execute(COUNT).fetchone()
            assert row is not None
            print(f"  events kept and told         {row[0]:,} by the service, {row[1]:,} by the script")
        if "screen-pop" in parts:
            ours = Http(callcenter.name, callcenter.url, list(ringing()), callcenter.headers)
            ours.await_answer()
            compare("Screen pops", ours, Bare("screen_pop.sql", url), Target(p99_ms=20), rounds)


def events() -> Iterator[Ask]:
    """Blocks of many calls: all ring, all are answered, all end."""
    for first in range(0, CALLS, APART):
        for step, kind in enumerate(EVENTS):
            for number in range(first, first + APART):
                yield Ask("/v1/call-events", msgspec.json.encode(event(number, kind, step)))


def event(number: int, kind: str, step: int) -> dict[str, object]:
    told: dict[str, object] = {
        "call_id": f"pbx-{number}",
        "type": kind,
        "at": datetime(2026, 6, 1, tzinfo=UTC) + timedelta(seconds=number + 20 * step),
        "direction": "inbound",
        "from": f"+{FIRST_NUMBER + 1 + number % CUSTOMERS}",
        "to": "+18005550199",
    }
    return told if kind == "ringing" else told | {"agent": "ada"}


def ringing() -> Iterator[Ask]:
    """Customers in no order."""
    for _ in range(CUSTOMERS):
        yield Ask(f"/v1/screen-pop?phone=%2B{FIRST_NUMBER + 1 + secrets.randbelow(CUSTOMERS)}")


if __name__ == "__main__":
    main()
