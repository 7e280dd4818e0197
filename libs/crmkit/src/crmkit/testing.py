"""The pytest plugin: a migrated database of one's own, a rolled-back session, a client that came through the gateway.

A service's `tests/conftest.py` says which service it is:

    @pytest.fixture(scope="session")
    def service() -> crmkit.testing.Service:
        return crmkit.testing.Service(folder=Path(__file__).parents[1], settings=Settings, app=create_app)

The repository's root `conftest.py` gives `postgres_url`, a superuser's address of a temporary cluster.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI
from sqlalchemy import Inspector, inspect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.types import TypeEngine

from crmkit.data import migrations
from crmkit.data.db import Base, Database
from crmkit.events import cloudevents, outbox
from crmkit.settings import Settings
from crmkit.web import auth
from crmkit.web.auth import Principal

PASSWORD: Final = "for-tests-only"  # noqa: S105
ADMIN: Final = Principal("01890000-0000-7000-8000-000000000001", "tests", frozenset({auth.ADMIN}))

PrepareDatabase = Callable[[str, str, str, str, str], None]


@dataclass(frozen=True, slots=True)
class Service:
    """The service under test: its folder, its settings class, its app factory."""

    folder: Path
    settings: type[Settings]
    app: Callable[[Any], FastAPI]


class TestClient(httpx.AsyncClient):
    """A client of one app, in process, calling as one principal."""

    __test__ = False

    def __init__(self, app: FastAPI, key: Ed25519PrivateKey, principal: Principal) -> None:
        self.app, self.key = app, key
        token = auth.mint(key, principal, audience=app.state.settings.service, lifetime_s=3600)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        super().__init__(transport=transport, base_url="http://service", headers={auth.HEADER: token})

    def acting_as(self, *scopes: str, client_id: str = "01890000-0000-7000-8000-000000000002") -> "TestClient":
        """The same app, called by a client with just these scopes."""
        return TestClient(self.app, self.key, Principal(client_id, "scoped", frozenset(scopes)))


@pytest.fixture(scope="session")
def token_key() -> Ed25519PrivateKey:
    """The gateway's signing key."""
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="session")
def settings(
    service: Service, postgres_url: str, prepare_database: PrepareDatabase, token_key: Ed25519PrivateKey
) -> Settings:
    """Settings of the service under test, its database made and migrated."""
    package = migrations.package_of(service.folder)
    database = f"test_{package}_{os.getpid()}"
    prepare_database(postgres_url, package, PASSWORD, PASSWORD, database)
    parts = urlsplit(postgres_url)
    place = f"{parts.hostname}:{parts.port}/{database}"
    migrations.upgrade(service.folder, f"postgresql+psycopg://{package}_owner:{PASSWORD}@{place}")
    public = token_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return service.settings(
        database_url=f"postgresql://{package}@{place}",
        database_password=PASSWORD,
        token_public_key=public,
        gateway_url="http://127.0.0.1:9",
        pool_size=32,
    )


@pytest.fixture(scope="session")
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The service's pool."""
    database = Database.of(settings)
    yield database
    await database.close()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """A session whose work is rolled back; its commits are savepoints."""
    async with database.engine.connect() as connection, connection.begin() as outer:
        async with AsyncSession(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as inside:
            yield inside
        await outer.rollback()


@pytest.fixture(scope="session")
async def app(service: Service, settings: Settings) -> AsyncIterator[FastAPI]:
    """The app, its lifespan running."""
    app = service.app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
async def client(app: FastAPI, token_key: Ed25519PrivateKey) -> AsyncIterator[TestClient]:
    """An admin's client; what it does is committed."""
    async with TestClient(app, token_key, ADMIN) as client:
        yield client


async def eventually(holds: Callable[[], Awaitable[Any]], *, within_s: float = 20) -> Any:
    """Wait until a condition holds; what it gave."""
    async with asyncio.timeout(within_s):
        while not (found := await holds()):  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.02)
    return found


async def sequenced(database: Database, schema: str) -> None:
    """Run the sequencer until nothing is left to number."""
    while await outbox.sequence_once(database, f"{schema}_feed"):
        pass


async def read_feed(
    client: httpx.AsyncClient, database: Database, schema: str, after: str = ""
) -> list[cloudevents.Event]:
    """Everything in the service's feed after a cursor."""
    await sequenced(database, schema)
    found: list[cloudevents.Event] = []
    while True:
        response = await client.get(f"/v1/feeds/{schema}", params={"after": after, "limit": 1000})
        batch = cloudevents.decode_batch(response.raise_for_status().content)
        if not batch:
            return found
        found += batch
        after = batch[-1].sequence


async def document_keys(connection: asyncpg.Connection, function: str, table: str) -> set[str]:
    """The members of the document that a function of `documents/` makes of a row of `table`: those of its schema."""
    rows = await connection.fetch(f"select json_object_keys({function}(null::{table})) as key")
    return {row["key"] for row in rows}


async def unmapped(connection: AsyncConnection, package: str) -> list[str]:
    """Where the models of a package differ from its migrated tables: a column's being there, its null, its type.

    A model need not map every column; one that is always given by the database may be left out.
    """
    return await connection.run_sync(lambda known: list(_unlike(inspect(known), package)))


def _unlike(database: Inspector, package: str) -> Iterator[str]:
    for mapper in Base.registry.mappers:
        if not mapper.class_.__module__.startswith(f"{package}."):
            continue
        table = mapper.local_table
        columns = {column["name"]: column for column in database.get_columns(table.name)}  # type: ignore[attr-defined]
        for column in table.columns:
            mapped = (bool(column.nullable), _family(column.type))
            known = columns.get(column.name)
            stored = (known["nullable"], _family(known["type"])) if known else None
            if mapped != stored:
                yield f"{column}: (nullable, type) is {mapped}, stored {stored}"


def _family(type: TypeEngine[Any]) -> object:
    """What Python reads a type as: varchar and text are one."""
    element = getattr(type, "item_type", None)
    return [_family(element)] if element is not None else type.python_type


def event(
    type: str, data: Any, *, position: int = 1, subject: str | None = None, request_id: str | None = None
) -> cloudevents.Event:
    """An event as it would come from another service's feed; `data` is encoded as JSON."""
    return cloudevents.Event(
        id=str(uuid.uuid4()),
        type=type,
        source="/v1/tests",
        sequence=cloudevents.cursor("test", position),
        time="2026-01-01T00:00:00Z",
        data=msgspec.Raw(msgspec.json.encode(data)),
        subject=subject,
        requestid=request_id,
    )
