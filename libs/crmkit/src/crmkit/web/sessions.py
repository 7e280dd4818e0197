"""One transaction a request: committed after the answer is made and before it is sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, cast

import asyncpg
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data.db import Database, driver
from crmkit.web import idempotency


async def one_statement(request: Request, sql: str, *args: Any) -> asyncpg.Record | None:
    """Run one statement that is its own transaction, and give its first row: the hot path of a `fast.py`."""
    return await database(request).one_statement(sql, *args)


def database(request: Request) -> Database:
    """The pool of the app that serves this request."""
    return cast("Database", request.app.state.database)


@asynccontextmanager
async def transaction(request: Request) -> AsyncIterator[asyncpg.Connection]:
    """A driver transaction with the request's `Idempotency-Key` claimed, for endpoints that settle by few statements.

    A hot route enters it itself and keeps its answer before it ends: `return await idempotency.kept(request, answer)`.
    """
    async with database(request).transaction() as connection:
        await idempotency.claim(request, connection)
        yield connection
        assert not getattr(request.state, "claim", None), "an answer is kept before its transaction ends"


async def _transaction(request: Request) -> AsyncIterator[asyncpg.Connection]:
    async with transaction(request) as connection:
        yield connection


@asynccontextmanager
async def session(request: Request) -> AsyncIterator[AsyncSession]:
    """What `Session` gives, for an endpoint that asks others first: no call to them is made in a transaction.

    It keeps its answer before this ends, as with `transaction`.
    """
    async with database(request).sessions() as opened:
        request.state.session = opened
        if idempotency.applies(request):
            await idempotency.claim(request, await driver(opened))
        yield opened
        await opened.commit()


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    async with session(request) as opened:
        yield opened


Transaction = Annotated[asyncpg.Connection, Depends(_transaction, scope="function")]


Session = Annotated[AsyncSession, Depends(_session, scope="function")]
