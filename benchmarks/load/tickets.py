"""A ticket with its outbox row and Idempotency-Key, at the service against a bare insert, and through the gateway
against django-helpdesk.

    python -m benchmarks.load.tickets [service] [gateway] [--seconds 3] [--rounds 7] [--connections 16]

Starts everything itself, on one temporary Postgres that syncs to disk as a lasting one does. The load is made by wrk;
the rivals take turns, and the medians are compared. wrk is Debian's; django-helpdesk is installed into a temporary
virtual environment of its own.
"""

import argparse
import contextlib
import os
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import msgspec
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from benchmarks.load import django_helpdesk
from benchmarks.load.processes import ROOT, running, uvicorn
from crmkit.data import migrations
from crmkit.web import auth
from deploy.local import keys, postgres
from deploy.local.processes import free_port, spawn

LUA = Path(__file__).with_name("ticket.lua")
TICKET = {
    "type": "inquiry",
    "subject": "Where is my order?",
    "body": "It was due yesterday and the shop does not know.",
    "channel": "phone",
    "customer": {"phone": "+14155550100"},
    "store_id": "31",
    "tags": ["late", "delivery"],
}


@dataclass(frozen=True)
class Way:
    """One way to make a ticket."""

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = msgspec.json.encode(TICKET)


@dataclass(frozen=True)
class Result:
    rate: float
    p99_ms: float


@dataclass(frozen=True)
class Target:
    """What the first way must reach of the second: a ratio of rates, and a share of the p99 where one is promised."""

    rate: float
    p99: float | None = None


def measure(way: Way, connections: int, seconds: int) -> Result:
    environment = {
        "BODY": way.body.decode(),
        "KEYS": secrets.token_hex(8),
        "HEADERS": "\n".join(f"{name}: {value}" for name, value in way.headers.items()),
    }
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--timeout",
        "30s",
        "--latency",
        "-s",
        str(LUA),
        way.url,
    ]
    said = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"{way.name} did not answer every request:\n{said}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr]
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]
    return Result(rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit])


def compare(ours: Way, rival: Way, target: Target, chosen: argparse.Namespace) -> None:
    """Measure both in turn; print the medians and their ratios."""
    for way in (ours, rival):
        measure(way, chosen.connections, 1)
    results: dict[str, list[Result]] = {ours.name: [], rival.name: []}
    for _ in range(chosen.rounds):
        for way in (ours, rival):
            results[way.name].append(measure(way, chosen.connections, chosen.seconds))
    medians = {}
    for name, each in results.items():
        rate, p99 = (statistics.median(getattr(result, part) for result in each) for part in ("rate", "p99_ms"))
        medians[name] = Result(rate, p99)
        print(f"{chosen.connections:3} connections  {name:28} {rate:8.0f} tickets/s   p99 {p99:7.1f} ms")
    mine, other = medians.values()
    print(f"rate {mine.rate / other.rate:.2f} of the rival's (target: at least {target.rate})")
    if target.p99 is not None:
        print(f"p99 {mine.p99_ms / other.p99_ms:.2f} of the rival's (target: under {target.p99:.2f})")
    print()


def await_answer(way: Way, within_s: float = 30) -> None:
    """Make one ticket, as soon as somebody listens."""
    deadline = time.monotonic() + within_s
    headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8), **way.headers}
    while True:
        try:
            urlopen(Request(way.url, data=way.body, headers=headers, method="POST"), timeout=10).close()
        except URLError as error:
            if hasattr(error, "read"):
                sys.exit(f"{way.name} refuses: {error} {error.read().decode()[:2000]}")
            if time.monotonic() > deadline:
                sys.exit(f"{way.name} does not answer")
            time.sleep(0.1)
        else:
            return


@dataclass(frozen=True)
class Ground:
    """What all rivals stand on: one Postgres, and the keys of one deployment."""

    cluster: postgres.Cluster
    password: str
    private_key: str
    public_key: str

    def url(self, user: str, database: str = "perennial", scheme: str = "postgresql", *, secret: bool = True) -> str:
        password = f":{self.password}" if secret else ""
        return f"{scheme}://{user}{password}@127.0.0.1:{self.cluster.port.number}/{database}"

    def process(self, package: str, port: int, **more: str) -> dict[str, str]:
        return {
            "PERENNIAL_DATABASE_URL": self.url(package, secret=False),
            "PERENNIAL_DATABASE_PASSWORD": self.password,
            "PERENNIAL_PORT": str(port),
        } | more

    def migrate(self, folder: Path) -> None:
        package = migrations.package_of(folder)
        postgres.create_service(self.cluster.url, package, self.password, self.password)
        migrations.upgrade(folder, self.url(f"{package}_owner", scheme="postgresql+psycopg"))


@contextlib.contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    cluster = postgres.prepare(folder, password=secrets.token_hex(16), log=folder / "postgres.log")
    process = spawn(cluster.program())
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    try:
        postgres.wait_until_ready(cluster, lambda: process.poll() is None)
        yield Ground(cluster, secrets.token_hex(16), private, public)
    finally:
        process.send_signal(2)
        process.wait()
        postgres.discard(folder)


@contextlib.contextmanager
def the_service(on: Ground) -> Iterator[Way]:
    """callcenter-svc as it is deployed; numbering its events is the worker's, later, and not measured here."""
    folder, port = ROOT / "services/callcenter-svc", free_port()
    on.migrate(folder)
    settings = on.process("callcenter", port, PERENNIAL_TOKEN_PUBLIC_KEY=on.public_key)
    caller = auth.Principal("measurement", "measurement", frozenset({auth.ADMIN}))
    token = auth.mint(
        load_pem_private_key(on.private_key.encode(), None), caller, audience="callcenter", lifetime_s=3600
    )
    with running(sys.executable, "-m", "callcenter.main", **settings):
        way = Way("callcenter-svc", f"http://127.0.0.1:{port}/v1/tickets", {auth.HEADER: token})
        await_answer(way)
        yield way


@contextlib.contextmanager
def the_bare_insert(on: Ground) -> Iterator[Way]:
    with psycopg.connect(on.url("callcenter_owner"), autocommit=True) as connection:
        connection.execute("create table bare_tickets (like tickets including all)")
    port = free_port()
    with running(*uvicorn("benchmarks.load.bare_ticket:app", port), BARE_DATABASE_URL=on.url("callcenter")):
        way = Way("FastAPI + asyncpg insert", f"http://127.0.0.1:{port}/v1/tickets")
        await_answer(way)
        yield way


@contextlib.contextmanager
def the_gateway(on: Ground, folder: Path, service: Way) -> Iterator[Way]:
    """The gateway as it is deployed, with one admin's key, in front of the service."""
    on.migrate(ROOT / "gateway")
    key, port, clients = keys.api_key(keys.DEVELOPER), free_port(), folder / "clients"
    clients.mkdir()
    (clients / keys.DEVELOPER).write_text(key)
    settings = on.process(
        "gateway",
        port,
        PERENNIAL_TOKEN_PRIVATE_KEY=on.private_key,
        PERENNIAL_CALLCENTER_URL=service.url.removesuffix("/v1/tickets"),
        PERENNIAL_BOOTSTRAP_CLIENTS_DIR=str(clients),
    )
    subprocess.run([sys.executable, "-m", "gateway.bootstrap"], env=os.environ | settings, cwd=ROOT, check=True)
    with running(sys.executable, "-m", "gateway.main", **settings):
        way = Way("gateway + callcenter-svc", f"http://127.0.0.1:{port}/v1/tickets", {"Authorization": f"Bearer {key}"})
        await_answer(way)
        yield way


@contextlib.contextmanager
def the_helpdesk(on: Ground, folder: Path) -> Iterator[Way]:
    text = {"subject": str(TICKET["subject"]), "text": str(TICKET["body"])}
    with django_helpdesk.running(folder, on.cluster, **text) as desk:
        way = Way("django-helpdesk, gunicorn", desk.url, desk.headers, desk.body)
        await_answer(way)
        yield way


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", default=["service", "gateway"])
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--connections", type=int, default=16)
    chosen = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("This measurement needs: apt-get install wrk")
    with contextlib.ExitStack() as started:
        folder = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="tickets-")))
        folder.chmod(0o755)
        on = started.enter_context(ground(folder))
        service = started.enter_context(the_service(on))
        if "service" in chosen.parts:
            with the_bare_insert(on) as bare:
                compare(service, bare, Target(0.8), chosen)
        if "gateway" in chosen.parts:
            with the_gateway(on, folder, service) as gateway, the_helpdesk(on, folder) as desk:
                compare(gateway, desk, Target(15, p99=1 / 3), chosen)


if __name__ == "__main__":
    main()
