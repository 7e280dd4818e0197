import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

import crmkit.testing
from crmkit.data.db import Database
from crmkit.events.cloudevents import Event
from crmkit.work import jobs
from crmkit.work.jobs import Job
from segment.consumers import customer
from segment.main import create_app
from segment.scoring_models.schemas import Thresholds
from segment.scoring_runs import repository
from segment.scoring_runs import service as scoring_runs
from segment.scoring_runs.repository import RunTerms
from segment.scoring_runs.schemas import NewScoringRun
from segment.settings import Settings

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(scope="session")
def service() -> crmkit.testing.Service:
    return crmkit.testing.Service(folder=Path(__file__).parents[1], settings=Settings, app=create_app)


@dataclass
class Feed:
    """Events as customer-svc would send them; applied in the order in which they were made."""

    pending: list[Event] = field(default_factory=list)

    def customer(
        self, external_id: str | None = None, *, id: str = "", kind: str = "consumer", version: int = 1
    ) -> str:
        id = id or str(uuid.uuid4())
        known = [{"source": "shop", "external_id": external_id}] if external_id else []
        data = {"id": id, "version": version, "kind": kind, "external_ids": known}
        self._add("customer.updated" if version > 1 else "customer.created", data, subject=id)
        return id

    def erase(self, customer_id: str) -> None:
        self._add("customer.erased", {"id": customer_id, "version": 9}, subject=customer_id)

    def product(self, product_type: str | None, *, id: str = "", version: int = 1, **known: Any) -> str:
        id = id or str(uuid.uuid4())
        data = {"id": id, "version": version, "product_type": product_type, "product_category": "FOOD"} | known
        self._add("product.created", data)
        return id

    def order(
        self, customer_id: str, placed_at: str, lines: Sequence[tuple[str, float, int]] | int, *, id: str = "",
        version: int = 1, cancelled_at: str | None = None, currency: str = "USD", discount: int = 0,
    ) -> str:  # fmt: skip
        """lines: (product id, quantity, amount) each, or the amount of one line of an unknown product."""
        id = id or str(uuid.uuid4())
        if isinstance(lines, int):
            lines = [(str(uuid.uuid4()), 1, lines)]
        data = {
            "id": id,
            "version": version,
            "customer": {"id": customer_id},
            "placed_at": placed_at if "T" in placed_at else f"{placed_at}T17:00:00Z",
            "currency": currency,
            "cancelled_at": cancelled_at,
            "lines": [
                {
                    "line": number,
                    "product": {"id": product},
                    "quantity": quantity,
                    "amount": amount,
                    "discounts": [{"kind": "store", "amount": discount}] if discount else [],
                }
                for number, (product, quantity, amount) in enumerate(lines, 1)
            ],
        }
        self._add("order.placed" if version == 1 else "order.updated", data, subject=customer_id)
        return id

    def refund(self, customer_id: str, order_id: str | None, refunded_on: str, amount: int, *, id: str = "") -> str:
        id = id or str(uuid.uuid4())
        data = {
            "id": id,
            "version": 1,
            "order_id": order_id,
            "customer_id": customer_id,
            "refunded_at": f"{refunded_on}T17:00:00Z",
            "currency": "USD",
            "amount": amount,
        }
        self._add("refund.recorded", data, subject=customer_id)
        return id

    async def apply(self, session: AsyncSession) -> list[Event]:
        batch, self.pending = self.pending, []
        await customer.apply(session, batch, zone=NEW_YORK)
        return batch

    def _add(self, what: str, data: Any, *, subject: str | None = None) -> None:
        position = len(self.pending) + 1
        event = crmkit.testing.event(f"perennial.{what}.v1", data, position=position, subject=subject)
        self.pending.append(event)


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture(scope="session")
def new_feed() -> type[Feed]:
    return Feed


@dataclass
class Scorer:
    """Scores everything in the session's transaction, as a run would."""

    session: AsyncSession

    async def run(self, as_of: date, thresholds: Thresholds | None = None) -> uuid.UUID:
        run_id = uuid.uuid4()
        model_id = await self._model(thresholds or Thresholds())
        values = {"id": run_id, "model_id": model_id, "as_of": as_of, "currency": "USD", "minor_unit": "0.01"}
        await repository.insert_run(self.session, values)
        terms = RunTerms(run_id, "default", as_of, "USD", thresholds or Thresholds())
        plan = await repository.open_run(self.session, terms, chunk_lines=scoring_runs.CHUNK_LINES)
        for each in plan.slices:
            await repository.score_slice(self.session, terms, each)
            # A run commits after each slice, which drops them.
            await self.session.execute(text("drop table chunk_customers, chunk_orders"))
        await repository.score_population(self.session, terms)
        return run_id

    async def scores(self, as_of: date, thresholds: Thresholds | None = None) -> dict[str, Any]:
        """The rows of a run by customer id."""
        run_id = await self.run(as_of, thresholds)
        rows = await self.session.execute(text("select * from scores where run_id = :id"), {"id": run_id})
        return {str(row.customer_id): row for row in rows}

    async def table(self, name: str, run_id: uuid.UUID) -> list[Any]:
        return list(await self.session.execute(text(f"select * from {name} where run_id = :id"), {"id": run_id}))

    async def _model(self, thresholds: Thresholds) -> uuid.UUID:
        statement = text(
            "insert into scoring_models (name, version, thresholds)"
            " values ('default', (select max(version) + 1 from scoring_models), cast(:thresholds as jsonb))"
            " returning model_id"
        )
        found: uuid.UUID | None = await self.session.scalar(statement, {"thresholds": thresholds.model_dump_json()})
        assert found is not None
        return found


WRITTEN = (
    "current_run", "scores", "brand_loyalty", "next_purchases", "category_usage", "run_metrics", "run_popularity",
    "scoring_runs", "jobs", "customers", "customer_external_ids", "products", "orders", "refunds", "outbox", "feed",
)  # fmt: skip


@pytest.fixture(scope="module")
async def committed(database: Database) -> AsyncIterator[Database]:
    """The database, for tests that commit: everything they wrote is deleted after the module."""
    yield database
    async with database.begin() as session:
        for table in WRITTEN:
            await session.execute(text(f"delete from {table}"))


async def score(database: Database, settings: Settings, as_of: date) -> Job:
    """Ask for a run and do its job as the worker would."""
    async with database.begin() as session:
        job = await scoring_runs.start(session, NewScoringRun(as_of=as_of), settings)
    await work(database, job.id)
    return job


async def work(database: Database, job_id: uuid.UUID) -> None:
    """Run a job to its end, or from where the last attempt left it."""
    async with httpx.AsyncClient() as gateway:
        await jobs.execute(database, gateway, {scoring_runs.JOB: scoring_runs.score}, job_id)


Score = Callable[[Database, Settings, date], Awaitable[Job]]
Work = Callable[[Database, uuid.UUID], Awaitable[None]]


@pytest.fixture(scope="session")
def run_scoring() -> Score:
    return score


@pytest.fixture(scope="session")
def run_job() -> Work:
    return work


@pytest.fixture
def scorer(session: AsyncSession) -> Scorer:
    return Scorer(session)
