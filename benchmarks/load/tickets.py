"""A ticket with its outbox row and Idempotency-Key, at the service against a bare insert, and through the gateway
against django-helpdesk.

    python -m benchmarks.load.tickets [service] [gateway] [--seconds 3] [--rounds 5] [--connections 16]

Starts everything itself, on one temporary Postgres that syncs to disk as a lasting one does. The load is made by wrk;
the rivals take turns. wrk is Debian's; django-helpdesk is installed into a temporary virtual environment of its own.
"""

import contextlib
from collections.abc import Iterator

import msgspec
import psycopg

from benchmarks.load import django_helpdesk, rivals, wrk
from benchmarks.load.ground import Ground, gateway, ground, service
from benchmarks.load.processes import running, uvicorn
from benchmarks.load.rivals import Target, compare
from benchmarks.load.wrk import Ask, Http
from deploy.local.processes import free_port

TICKET = {
    "type": "inquiry",
    "subject": "Where is my order?",
    "body": "It was due yesterday and the shop does not know.",
    "channel": "phone",
    "customer": {"phone": "+14155550100"},
    "store_id": "31",
    "tags": ["late", "delivery"],
}
ASKS = (Ask("/v1/tickets", msgspec.json.encode(TICKET)),)


def main() -> None:
    parts, rounds = rivals.options(__doc__, ("service", "gateway"))
    wrk.needed(wrk="wrk")
    with ground() as on, service(on, "callcenter") as callcenter:
        ours = Http(callcenter.name, callcenter.url, ASKS, callcenter.headers)
        ours.await_answer()
        if "service" in parts:
            with the_bare_insert(on) as bare:
                compare("Tickets at the service", ours, bare, Target(0.85), rounds)
        if "gateway" in parts:
            with gateway(on, PERENNIAL_CALLCENTER_URL=callcenter.url) as door, the_helpdesk(on) as desk:
                way = Http("gateway + callcenter-svc", door.url, ASKS, door.headers)
                way.await_answer()
                compare("Tickets through the gateway", way, desk, Target(14, p99=1 / 3), rounds)


@contextlib.contextmanager
def the_bare_insert(on: Ground) -> Iterator[Http]:
    with psycopg.connect(on.url("callcenter_owner"), autocommit=True) as connection:
        connection.execute("create table bare_tickets (like tickets including all)")
    port = free_port()
    with running(*uvicorn("benchmarks.load.bare_ticket:app", port), BARE_DATABASE_URL=on.url("callcenter")):
        bare = Http("FastAPI + asyncpg insert", f"http://127.0.0.1:{port}", ASKS)
        bare.await_answer()
        yield bare


@contextlib.contextmanager
def the_helpdesk(on: Ground) -> Iterator[Http]:
    text = {"subject": str(TICKET["subject"]), "text": str(TICKET["body"])}
    with django_helpdesk.running(on.folder, on.cluster, **text) as desk:
        way = Http("django-helpdesk, gunicorn", desk.url, (Ask("/api/tickets/", desk.body),), desk.headers)
        way.await_answer()
        yield way


if __name__ == "__main__":
    main()
