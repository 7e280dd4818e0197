"""A GET through the gateway against nginx with `auth_request` to a Python HS256 check, in front of one service.

    python -m benchmarks.load.gateway_hop [--seconds 2] [--rounds 7] [--connections 16 64]

Starts everything itself: a temporary Postgres, the gateway, nginx, the check, the service. The load is made by wrk.
Both ways are measured in turn; the ratio is the median of the rounds'. nginx and wrk come
from Debian's `nginx-light` and `wrk`.
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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI, Response
from fastapi import Request as Incoming

from benchmarks.load.processes import ROOT, running, uvicorn
from crmkit.data import migrations
from deploy.local import keys, postgres
from deploy.local.processes import free_port

PATH = "/v1/customers/01890000-0000-7000-8000-00000000000a"
SECRET = "for this measurement only, on this machine"

# The service behind both, and the check that nginx asks: `uvicorn benchmarks.load.gateway_hop:service`.
service = FastAPI()
check = FastAPI()


@service.get("/v1/customers/{customer_id}")
async def get_customer(customer_id: str) -> dict[str, object]:
    return {"id": customer_id, "version": 1, "name": "Ada Lovelace", "phones": ["+14155550100"], "emails": []}


@check.get("/check")
async def check_token(request: Incoming) -> Response:
    try:
        jwt.decode(request.headers["authorization"].removeprefix("Bearer "), SECRET, algorithms=["HS256"])
    except (KeyError, jwt.PyJWTError):
        return Response(status_code=401)
    return Response(status_code=204)


NGINX = """
daemon off; worker_processes auto; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_http_version 1.1; proxy_set_header Connection "";
  upstream service {{ server 127.0.0.1:{service}; keepalive 128; keepalive_requests 1000000000; }}
  upstream check {{ server 127.0.0.1:{check}; keepalive 128; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{nginx};
    location / {{ auth_request /_check; proxy_pass http://service; }}
    location = /_check {{
      internal; proxy_pass http://check/check; proxy_pass_request_body off; proxy_set_header Content-Length "";
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Way:
    """One way to the service, and what it takes to be let through."""

    name: str
    port: int
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"


@dataclass(frozen=True)
class Result:
    rate: float
    p99_ms: float


def measure(way: Way, connections: int, seconds: int) -> Result:
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--latency",
        "-H",
        f"Authorization: Bearer {way.token}",
    ]
    said = subprocess.run([*command, way.url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"{way.name} did not answer every request:\n{said}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr]
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]
    return Result(rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit])


def compare(ways: list[Way], connections: int, rounds: int, seconds: int) -> None:
    results: dict[str, list[Result]] = {way.name: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            results[way.name].append(measure(way, connections, seconds))
    for name, each in results.items():
        rate = statistics.median(result.rate for result in each)
        p99 = statistics.median(result.p99_ms for result in each)
        print(f"{connections:3} connections  {name:22} {rate:8.0f} GET/s   p99 {p99:6.1f} ms")
    # Pairs of neighbouring rounds share whatever else the machine was doing.
    ratio = statistics.median(gateway.rate / rival.rate for rival, gateway in zip(*results.values(), strict=True))
    print(f"{connections:3} connections  ratio {ratio:.2f} (target: at least 1.00)\n")


@contextlib.contextmanager
def the_gateway(folder: Path, service_port: int) -> Iterator[Way]:
    """The gateway as it is deployed, on a database of its own, with one admin's key."""
    password, key, port = secrets.token_hex(16), keys.api_key(keys.DEVELOPER), free_port()
    private_key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    clients = folder / "clients"
    clients.mkdir()
    (clients / keys.DEVELOPER).write_text(key)
    with postgres.throwaway() as cluster:
        postgres.create_service(cluster.url, "gateway", password, password)
        place = f"127.0.0.1:{cluster.port.number}/perennial"
        migrations.upgrade(ROOT / "gateway", f"postgresql+psycopg://gateway_owner:{password}@{place}")
        environment = {
            "PERENNIAL_DATABASE_URL": f"postgresql://gateway@{place}",
            "PERENNIAL_DATABASE_PASSWORD": password,
            "PERENNIAL_TOKEN_PRIVATE_KEY": private_key.decode(),
            "PERENNIAL_CUSTOMER_URL": f"http://127.0.0.1:{service_port}",
            "PERENNIAL_PORT": str(port),
            "PERENNIAL_BOOTSTRAP_CLIENTS_DIR": str(clients),
        }
        subprocess.run([sys.executable, "-m", "gateway.bootstrap"], env=os.environ | environment, cwd=ROOT, check=True)
        with running(sys.executable, "-m", "gateway.main", **environment):
            yield Way("gateway", port, key)


@contextlib.contextmanager
def nginx_with_check(folder: Path, service_port: int) -> Iterator[Way]:
    ports = {"service": service_port, "check": free_port(), "nginx": free_port()}
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, **ports))
    token = jwt.encode({"sub": "measurement", "exp": int(time.time()) + 3600}, SECRET, algorithm="HS256")
    checking = uvicorn("benchmarks.load.gateway_hop:check", ports["check"])
    with running(*checking), running("nginx", "-c", str(configuration)):
        yield Way("nginx + auth_request", ports["nginx"], token)


def await_answer(way: Way, within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while True:
        try:
            urlopen(Request(way.url, headers={"Authorization": f"Bearer {way.token}"}), timeout=5).close()
        except URLError:
            if time.monotonic() > deadline:
                sys.exit(f"{way.name} does not answer")
            time.sleep(0.1)
        else:
            return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--connections", type=int, nargs="+", default=[16, 64])
    chosen = parser.parse_args()
    missing = [package for tool, package in (("nginx", "nginx-light"), ("wrk", "wrk")) if shutil.which(tool) is None]
    if missing:
        sys.exit(f"This measurement needs: apt-get install {' '.join(missing)}")
    port = free_port()
    with contextlib.ExitStack() as started:
        folder = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="gateway-hop-")))
        folder.chmod(0o755)
        started.enter_context(running(*uvicorn("benchmarks.load.gateway_hop:service", port)))
        ways = [started.enter_context(each(folder, port)) for each in (nginx_with_check, the_gateway)]
        for way in ways:
            await_answer(way)
        for connections in chosen.connections:
            compare(ways, connections, chosen.rounds, chosen.seconds)


if __name__ == "__main__":
    main()
