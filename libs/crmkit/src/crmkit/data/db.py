"""One pool a process, and the two doors to the raw driver."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, ClassVar, Final, cast

import asyncpg
from sqlalchemy import DateTime, MetaData, PoolProxiedConnection, event, text
from sqlalchemy import Row as _Row
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from crmkit.data.sqlstates import constraint, is_retryable, is_transient, sqlstate
from crmkit.settings import Settings

__all__ = [
    "Base",
    "Database",
    "Row",
    "constraint",
    "driver",
    "is_retryable",
    "is_transient",
    "sqlstate",
]

Row = _Row[Any]

PING_WITHIN_S: Final = 5.0

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
    """The process's pool; up to half of it is kept at hand for hot requests, once they have come."""

    def __init__(self, engine: AsyncEngine, *, pool_size: int) -> None:
        self.engine = engine
        self.sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._at_hand: list[PoolProxiedConnection] = []
        self._at_hand_limit = pool_size // 2

    @classmethod
    def of(cls, settings: Settings) -> "Database":
        server_settings = {
            "application_name": settings.service,
            "statement_timeout": f"{settings.statement_timeout_s}s",
            "lock_timeout": f"{settings.lock_timeout_ms}ms",
        }
        engine = create_async_engine(
            settings.dsn("postgresql+asyncpg"),
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=5,
            hide_parameters=True,  # they are customers' data, and errors are logged
            connect_args={"server_settings": server_settings},
        )
        event.listen(engine.sync_engine, "checkout", _refuse_closed)
        return cls(engine, pool_size=settings.pool_size)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A transaction outside a request: committed at the end, rolled back by an exception."""
        async with self.sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A driver connection outside any transaction: each statement commits by itself."""
        fairy = await self.engine.raw_connection()
        connection = _driver_of(fairy)
        try:
            yield connection
        except asyncio.CancelledError:
            # Whether the interrupted statement still ran, or began a transaction, is not known on this side.
            fairy.invalidate()
            raise
        finally:
            if fairy.is_valid and connection.is_in_transaction():
                fairy.invalidate()
            fairy.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """A driver transaction: committed at the end, rolled back by an exception."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def one_statement(self, sql: str, *args: Any) -> asyncpg.Record | None:
        """Run one statement that is its own transaction, and give its first row.

        Taking a connection from the pool and giving it back costs as much as a small statement does.
        """
        fairy = await self._take()
        try:
            return await _driver_of(fairy).fetchrow(sql, *args)
        except asyncio.CancelledError:
            fairy.invalidate()
            raise
        finally:
            self._put_back(fairy)

    async def _take(self) -> PoolProxiedConnection:
        while self._at_hand:
            fairy = self._at_hand.pop()
            if not _driver_of(fairy).is_closed():
                return fairy
            fairy.close()
        return await self.engine.raw_connection()

    def _put_back(self, fairy: PoolProxiedConnection) -> None:
        if fairy.is_valid and len(self._at_hand) < self._at_hand_limit:
            self._at_hand.append(fairy)
        else:
            fairy.close()

    async def ping(self) -> None:
        """Raise unless the database answers in time."""
        async with asyncio.timeout(PING_WITHIN_S), self.connection() as connection:
            await connection.execute("select 1")

    async def close(self) -> None:
        while self._at_hand:
            self._at_hand.pop().close()
        await self.engine.dispose()


def _driver_of(fairy: PoolProxiedConnection) -> asyncpg.Connection:
    return cast("asyncpg.Connection", fairy.driver_connection)


def _refuse_closed(connection: Any, record: Any, fairy: Any) -> None:  # noqa: ARG001
    """Asyncpg hears at once that the server hung up: the pool then opens another instead of handing this one out."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


async def driver(session: AsyncSession) -> asyncpg.Connection:
    """The session's own driver connection, its transaction started.

    SQLAlchemy begins lazily: a raw write before its first statement would not be rolled back with the rest.
    """
    raw = await (await session.connection()).get_raw_connection()
    connection = cast("asyncpg.Connection", raw.driver_connection)
    if not connection.is_in_transaction():
        await session.execute(text("select 1"))
    return connection
