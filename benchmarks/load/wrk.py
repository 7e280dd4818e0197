"""Load over HTTP, made by wrk on one thread: a list of requests, each POST with an Idempotency-Key of its own."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

LUA = Path(__file__).with_suffix(".lua")
LISTENING_WITHIN_S = 30
MS = {"us": 0.001, "ms": 1, "s": 1000}


@dataclass(frozen=True)
class Ask:
    """A request: a POST of its body, or a GET."""

    path: str
    body: bytes = b""


@dataclass(frozen=True)
class Result:
    """What a rival did in one round: how many a second, and how long one answer in a hundred took at least."""

    rate: float
    p99_ms: float | None = None


@dataclass
class Http:
    """Somebody who answers requests. then: what is posted to below the `Location` of each answer, such as `/confirm`.

    Requests go on where the last round ended, and begin again at their end: a coupon asked for twice is refused, and
    a refusal ends the measurement.
    """

    name: str
    url: str
    asks: Sequence[Ask]
    headers: Mapping[str, str] = field(default_factory=dict)
    then: str | None = None
    asked: int = 0

    def play(self, connections: int, seconds: int) -> Result:
        """Ask for some seconds; with `then`, the rate counts both requests as one."""
        options = [f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency"]
        with tempfile.NamedTemporaryFile("wb") as file:
            file.writelines(b"%s\t%s\n" % (ask.path.encode(), ask.body) for ask in self._next())
            file.flush()
            said = subprocess.run(
                ["wrk", "-t1", *options, "-s", str(LUA), self.url],
                env=os.environ | self._environment(file.name), capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
        if "Non-2xx" in said or "Socket errors" in said:
            sys.exit(f"{self.name} did not answer every request:\n{said}")
        self.asked += int(_told(r"(\d+) requests in", said)[0]) + connections + 1
        number, unit = _told(r"99%\s+([\d.]+)(us|ms|s)", said)
        rate = float(_told(r"Requests/sec:\s+([\d.]+)", said)[0])
        return Result(rate / (2 if self.then else 1), float(number) * MS[unit])

    def await_answer(self) -> None:
        """Ask once, as soon as somebody listens."""
        deadline = time.monotonic() + LISTENING_WITHIN_S
        ask = self._next()[0]
        headers = {"Content-Type": "application/json", **self.headers}
        while True:
            try:
                urlopen(Request(self.url + ask.path, ask.body or None, headers), timeout=10).close()
            except HTTPError as error:
                sys.exit(f"{self.name} refuses: {error} {error.read().decode()[:2000]}")
            except URLError:
                if time.monotonic() > deadline:
                    sys.exit(f"{self.name} does not answer")
                time.sleep(0.1)
            else:
                self.asked += 1
                return

    def _next(self) -> Sequence[Ask]:
        start = self.asked % len(self.asks)
        return [*self.asks[start:], *self.asks[:start]]

    def _environment(self, requests: str) -> dict[str, str]:
        headers = {"Content-Type": "application/json", **self.headers}
        lines = "\n".join(f"{name}: {value}" for name, value in headers.items())
        then = {} if self.then is None else {"THEN": self.then}
        return {"REQUESTS": requests, "KEYS": secrets.token_hex(8), "HEADERS": lines} | then


def needed(**packages: str) -> None:
    """End with what to install, unless every program is there: `needed(wrk="wrk", nginx="nginx-light")`."""
    missing = [package for program, package in packages.items() if shutil.which(program) is None]
    if missing:
        sys.exit(f"This measurement needs: apt-get install {' '.join(missing)}")


def _told(pattern: str, said: str) -> tuple[str, ...]:
    found = re.search(pattern, said)
    assert found is not None, said
    return found.groups()
