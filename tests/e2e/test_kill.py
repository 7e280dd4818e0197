"""`kill -9` of every process while work goes on: it goes on by itself, nothing is lost, nothing is there twice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from deploy.local import keys
from deploy.local import platform as local
from deploy.local.plan import DATABASE
from deploy.local.platform import Platform
from tests.e2e import business
from tests.e2e.business import EndState, Json, end_state
from tests.waiting import ENDED, caught_up, eventually

# Small chunks: many places at which a process can die, and time to kill them all.
CHUNKS = {"IMPORT_CHUNK_LINES": "1", "SCORING_CHUNK_LINES": "18", "LIST_CHUNK": "1"}
FIRST, LAST = 0.1, 0.9
EVERYBODY = (
    "callcenter-svc", "callcenter-worker", "campaign-svc", "campaign-worker", "segment-svc", "segment-worker",
    "customer-svc", "customer-worker", "gateway", "postgres",
)  # fmt: skip

Disturb = Callable[[str], None]


@dataclass
class Business:
    """The client of a platform who runs the business on it; `disturb` is what happens while a job runs."""

    client: httpx.Client
    disturb: Disturb = lambda _: None
    interrupt_upload: Callable[[], None] = lambda: None

    def run(self) -> EndState:
        for resource in ("products", "customers"):
            self._finished(self.bring_in(resource, getattr(business, resource)()), quietly=True)
        self._finished(self.bring_in("orders", business.orders()))
        for consumer in ("segment", "campaign"):
            caught_up(self.client, "customer", consumer, within_s=120)
        as_of = business.AS_OF.date().isoformat()
        self._finished(self._made("/v1/scoring-runs", {"as_of": as_of}))
        self._made("/v1/offers/batch", {"items": business.offers()})
        campaign = self._made("/v1/campaigns", business.campaign()).json()["id"]
        self._made(f"/v1/campaigns/{campaign}/launch")
        self._finished(self._made("/v1/shopping-lists", {"campaign_id": campaign, "as_of": as_of}))
        return end_state(self.client)

    def bring_in(self, resource: str, documents: list[Json]) -> httpx.Response:
        """An import, sent with a key until it is taken."""
        response = eventually(lambda: self._attempt(resource, business.as_ndjson(documents)))
        assert response is not None
        return response

    def _attempt(self, resource: str, body: bytes) -> httpx.Response | None:
        headers = {"Content-Type": business.NDJSON, "Idempotency-Key": f"import-{resource}"}
        query = {"resource": resource}
        try:
            response = self.client.post("/v1/imports", params=query, headers=headers, content=self._upload(body))
        except httpx.TransportError:
            return None
        if response.status_code in (409, 502, 503, 504):
            return None
        assert response.status_code == 202, response.text
        return response

    def _upload(self, body: bytes) -> Iterator[bytes]:
        yield body[: len(body) // 2]
        self.interrupt_upload()
        yield body[len(body) // 2 :]

    def _made(self, path: str, body: Json | None = None) -> httpx.Response:
        response = self.client.post(path, json=body)
        assert response.is_success, response.text
        return response

    def _finished(self, accepted: httpx.Response, *, quietly: bool = False) -> None:
        location = accepted.headers["location"]
        if not quietly:
            self.disturb(location)
        job = eventually(lambda: _ended(self.client, location), within_s=180)
        assert (job["status"], job["failed"]) == ("succeeded", 0), job


@dataclass
class Once:
    """Does something the first time it is asked to."""

    do: Callable[[], None]
    done: bool = False

    def __call__(self) -> None:
        if not self.done:
            self.done = True
            self.do()


@dataclass
class Killer:
    """Kills everybody once per job, in turn, at progress spread between a tenth and nine tenths."""

    platform: Platform
    client: httpx.Client
    killed: list[tuple[str, str, float]] = field(default_factory=list)

    def __call__(self, location: str) -> None:
        eventually(self._all_up)
        *_, service, job_id = location.split("/")
        job = Witness(self.platform, service, job_id)
        victims = sorted(EVERYBODY, key=lambda each: each == f"{service}-worker")
        for number, victim in enumerate(victims):
            progress = job.at_least(FIRST + (LAST - FIRST) * number / len(victims))
            assert FIRST <= progress <= LAST, f"{location} had come to {progress:.0%} before {victim}'s turn"
            self.platform.kill(victim)
            self.killed.append((service, victim, progress))

    def _all_up(self) -> bool:
        try:
            services = self.client.get("/readyz").raise_for_status().json()["services"]
        except httpx.HTTPError:
            return False
        alive = (Path(f"/proc/{pid}").exists() for pid in self.platform.processes.values())
        return set(services.values()) == {"up"} and all(alive)


@dataclass
class Witness:
    """Sees a job in its table, also while nobody is there to ask."""

    platform: Platform
    service: str
    job_id: str

    def at_least(self, share: float) -> float:
        """How far the job has come, once that is so much."""

        def reached() -> float | None:
            found = self._share()
            return found if found is not None and found >= share else None

        return eventually(reached, within_s=120) or 0.0

    def _share(self) -> float | None:
        try:
            with psycopg.connect(**self._address) as connection:
                job = connection.execute("select processed, total from jobs where id = %s", [self.job_id]).fetchone()
        except psycopg.OperationalError:
            return None
        return job[0] / job[1] if job and job[1] else 0.0

    @property
    def _address(self) -> dict[str, Any]:
        home = self.platform.home
        port = (home.folder / "postgres.port").read_text().strip()
        password = keys.read(home.secrets / self.service / "database_password")
        return {"host": "127.0.0.1", "port": port, "user": self.service, "password": password, "dbname": DATABASE}


def _ended(client: httpx.Client, location: str) -> Json | None:
    """The job once it has ended; None while it cannot be asked for, too."""
    try:
        response = client.get(location)
    except httpx.TransportError:
        return None
    if not response.is_success:
        assert response.status_code in (502, 503, 504), response.text
        return None
    job: Json = response.json()
    return job if job["status"] in ENDED else None


@pytest.fixture(scope="module")
def undisturbed() -> EndState:
    """How the business ends where nothing goes wrong."""
    with local.start() as platform, _client(platform) as client:
        return Business(client).run()


@pytest.fixture
def brittle(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """A platform that works in small steps, about to have a bad day."""
    for name, value in CHUNKS.items():
        monkeypatch.setenv(f"PERENNIAL_{name}", value)
    with local.start() as platform:
        yield platform


def test_whoever_is_killed_the_business_ends_as_if_nobody_was(undisturbed: EndState, brittle: Platform) -> None:
    with _client(brittle) as client:
        killer = Killer(brittle, client)
        owner = Business(client, killer, Once(lambda: brittle.kill("customer-svc")))
        found = owner.run()
        again = owner.bring_in("orders", business.orders())
        assert again.headers["idempotency-replayed"] == "true"
        assert len(client.get("/v1/jobs/customer").json()["data"]) == len(["products", "customers", "orders"])
    for service, victim, progress in killer.killed:
        print(f"{victim:18} killed at {progress:4.0%} of the job of {service}")
    assert len(killer.killed) == 3 * len(EVERYBODY)
    for part in ("orders", "scores", "next_purchases", "lists", "told", "coupons"):
        assert getattr(found, part) == getattr(undisturbed, part), part
    assert set(found.told.values()) == {1}
    assert len(found.orders) == business.CUSTOMERS * business.ORDERS
    assert found.coupons[0] == found.coupons[1] > 0


def _client(platform: Platform) -> httpx.Client:
    return httpx.Client(base_url=platform.url, headers={"Authorization": f"Bearer {platform.admin_key}"}, timeout=30)
