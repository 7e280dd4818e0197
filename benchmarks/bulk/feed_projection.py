"""The whole history from customer-svc's feed into segment-svc's projection, and scored there.

    python -m benchmarks.bulk.feed_projection

Starts a platform of its own and imports products, households and orders while segment-svc's worker is left out. Then
starts that worker on the full feed and stops the clock once its cursor is at the head, with every order line kept:
pages fetched through the gateway, decoded, projected, committed with the cursor. Then asks for scoring runs, one after
another, each timed from its request to the answer that it has succeeded.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from benchmarks.bulk.import_orders import count_lines
from benchmarks.bulk.memory import Memory
from demo import data, ndjson
from demo.api import Api
from demo.load import AS_OF, HISTORY
from deploy.local import platform
from deploy.local.platform import Platform

READER = "segment-worker"
RUNS = 3
LEFT_OUT = f"{READER},campaign-svc,campaign-worker,callcenter-svc,callcenter-worker"


class Head(msgspec.Struct):
    position: int
    unsequenced: int


class Reader(msgspec.Struct):
    name: str
    position: int


class Readers(msgspec.Struct):
    data: list[Reader]


def main() -> None:
    with platform.start(left_out=LEFT_OUT) as running:
        api = Api.at(running.url, running.admin_key)
        for resource, rows in (
            ("products", data.products()),
            ("customers", data.customers(HISTORY)),
            ("orders", data.orders(HISTORY)),
        ):
            api.upload(resource, ndjson.gzipped(rows))
        events = _head(api)
        memory = Memory()
        with memory.watched(running.supervisor), memory.watched(os.getpid()):
            started = time.perf_counter()
            with _reader(running):
                _await(api, events)
                seconds = time.perf_counter() - started
                runs = [_scored(api) for _ in range(RUNS)]
        lines = count_lines(running)
    print(f"events                     {events:>10,}")
    print(f"order lines                {lines:>10,}")
    print(f"worker's start to the head {seconds:>10.1f} s {lines / seconds:>10,.0f} lines/s   (to reach: 30,000)")
    print(f"scoring runs               {', '.join(f'{run:.1f}' for run in runs):>10} s   (to reach: under 5)")
    for name, most in memory.largest():
        print(f"most resident memory       {most:>10.0f} MB {name}")


def _head(api: Api) -> int:
    """How many events there are, once all have their places."""
    while True:
        head = api.get("/v1/feeds/customer/head", Head)
        if not head.unsequenced:
            return head.position
        time.sleep(0.1)


def _await(api: Api, position: int) -> None:
    """A reader asks after a position when everything up to it is kept."""
    while True:
        readers = api.get("/v1/feeds/customer/consumers", Readers).data
        if any(reader.name == "segment" and reader.position >= position for reader in readers):
            return
        time.sleep(0.1)


def _scored(api: Api) -> float:
    started = time.perf_counter()
    api.run("/v1/scoring-runs", {"as_of": str(AS_OF)})
    return time.perf_counter() - started


@contextmanager
def _reader(running: Platform) -> Iterator[None]:
    """The process that was left out, with the settings the platform has written for it."""
    written = (running.home.folder / "env" / READER).read_text().splitlines()
    settings = {name: str(msgspec.json.decode(value)) for name, _, value in (line.partition("=") for line in written)}
    process = subprocess.Popen([sys.executable, "-m", "segment.worker"], env=dict(os.environ) | settings)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


if __name__ == "__main__":
    main()
