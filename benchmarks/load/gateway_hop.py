"""A GET through the gateway against nginx with `auth_request` to a Python HS256 check, in front of one service.

    python -m benchmarks.load.gateway_hop [16] [64] [--seconds 3] [--rounds 5]

Starts everything itself: a temporary Postgres, the gateway, nginx, the check, the service; the parts are numbers of
connections. The load is made by wrk; both ways take turns. nginx and wrk are Debian's `nginx-light` and `wrk`.
"""

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import jwt
from fastapi import FastAPI, Response
from fastapi import Request as Incoming

from benchmarks.load import rivals, wrk
from benchmarks.load.ground import gateway, ground
from benchmarks.load.processes import running, uvicorn
from benchmarks.load.rivals import Target, compare
from benchmarks.load.wrk import Ask, Http
from deploy.local.processes import free_port

ASKS = (Ask("/v1/customers/01890000-0000-7000-8000-00000000000a"),)
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


def main() -> None:
    parts, rounds = rivals.options(__doc__, ("16", "64"))
    wrk.needed(nginx="nginx-light", wrk="wrk")
    port = free_port()
    with (
        ground() as on,
        running(*uvicorn("benchmarks.load.gateway_hop:service", port)),
        nginx_with_check(on.folder, port) as other,
        gateway(on, PERENNIAL_CUSTOMER_URL=f"http://127.0.0.1:{port}") as door,
    ):
        ours = Http(door.name, door.url, ASKS, door.headers)
        for way in (ours, other):
            way.await_answer()
        for connections in map(int, parts):
            each = dataclasses.replace(rounds, connections=connections)
            compare("A GET through the gateway", ours, other, Target(1.3), each)


@contextlib.contextmanager
def nginx_with_check(folder: Path, service_port: int) -> Iterator[Http]:
    ports = {"service": service_port, "check": free_port(), "nginx": free_port()}
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, **ports))
    token = jwt.encode({"sub": "measurement", "exp": int(time.time()) + 3600}, SECRET, algorithm="HS256")
    checking = uvicorn("benchmarks.load.gateway_hop:check", ports["check"])
    with running(*checking), running("nginx", "-c", str(configuration)):
        headers = {"Authorization": f"Bearer {token}"}
        yield Http("nginx + auth_request", f"http://127.0.0.1:{ports['nginx']}", ASKS, headers)


if __name__ == "__main__":
    main()
