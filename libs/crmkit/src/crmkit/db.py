"""One pool a process, one transaction a request, and the two doors to the raw driver."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, ClassVar, cast

import asyncpg
from fastapi import Depends, Request
from sqlalchemy import DateTime, MetaData, text
from sqlalchemy import Row as _Row
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from crmkit import idempotency
from crmkit.settings import Settings

Row = _Row[Any]

RETRYABLE = frozenset({"40P01", "40001"})

NAMING = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
}


class Base(DeclarativeBase):
    """Declarative base of every service: constraints are named the way Postgres names them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {datetime: DateTime(timezone=True)}


class Database:
    """The process's pool."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.sessions = async_sessionmaker(engine, expire_on_commit=False)

    @classmethod
    def of(cls, settings: Settings) -> "Database":
        engine = create_async_engine(
            settings.dsn("postgresql+asyncpg"),
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=5,
            connect_args={
                "server_settings": {
                    "application_name": settings.service,
                    "statement_timeout": f"{settings.statement_timeout_s}s",
                },
            },
        )
        return cls(engine)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A transaction outside a request: committed at the end, rolled back by an exception."""
        async with self.sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[asyncpg.Connection]:
        """A driver connection in a read-only snapshot, for a streamed answer."""
        async with (
            self.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A driver connection outside any transaction: each statement commits by itself."""
        fairy = await self.engine.raw_connection()
        connection = cast("asyncpg.Connection", fairy.driver_connection)
        try:
            yield connection
        finally:
            if connection.is_in_transaction():
                fairy.invalidate()
            fairy.close()

    async def ping(self) -> None:
        """Raise unless the database answers."""
        async with self.connection() as connection:
            await connection.execute("select 1")

    async def close(self) -> None:
        await self.engine.dispose()


async def driver(session: AsyncSession) -> asyncpg.Connection:
    """The session's own driver connection, its transaction started.

    SQLAlchemy begins lazily: a raw write before its first statement would not be rolled back with the rest.
    """
    raw = await (await session.connection()).get_raw_connection()
    connection = cast("asyncpg.Connection", raw.driver_connection)
    if not connection.is_in_transaction():
        await session.execute(text("select 1"))
    return connection


async def one_statement(request: Request, sql: str, *args: Any) -> asyncpg.Record | None:
    """Run one statement that is its own transaction, and give its first row: the hot path of a `fast.py`."""
    async with database(request).connection() as connection:
        return await connection.fetchrow(sql, *args)


def database(request: Request) -> Database:
    """The pool of the app that serves this request."""
    return cast("Database", request.app.state.database)


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    async with database(request).sessions() as session:
        request.state.session = session
        await idempotency.claim(request, session)
        yield session
        await session.commit()


Session = Annotated[AsyncSession, Depends(_session, scope="function")]


def sqlstate(error: BaseException) -> str | None:
    """The five-character SQLSTATE of a database error, wherever it was raised."""
    origin = getattr(error, "orig", error)
    state = getattr(origin, "sqlstate", None) or getattr(origin, "pgcode", None)
    return str(state) if state else None


def constraint(error: BaseException) -> str | None:
    """The violated constraint's name, without the `_digits` that sharding appends."""
    origin = getattr(error, "orig", error)
    cause = getattr(origin, "__cause__", None) or origin
    name = getattr(cause, "constraint_name", None)
    if not name:
        return None
    head, _, tail = str(name).rpartition("_")
    return head if head and tail.isdigit() else str(name)


def is_retryable(error: BaseException) -> bool:
    """A deadlock or a serialisation failure: the same request may succeed when it runs again."""
    return isinstance(error, (DBAPIError, asyncpg.PostgresError)) and sqlstate(error) in RETRYABLE


_TRANSIENT_CLASSES = ("08", "53", "57")


def is_transient(error: BaseException) -> bool:
    """Whether the moment was at fault: a lost or refused connection, a lock, a restart."""
    if isinstance(error, (OSError, PoolTimeout, asyncpg.InterfaceError, InterfaceError)):
        return True
    if not isinstance(error, (DBAPIError, asyncpg.PostgresError)):
        return False
    state = sqlstate(error) or ""
    return state.startswith(_TRANSIENT_CLASSES) or state in RETRYABLE or state == "55P03"
