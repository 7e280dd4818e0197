"""One transaction a request: committed after the answer is made and before it is sent."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, cast

import asyncpg
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data.db import Database
from crmkit.web import idempotency


async def one_statement(request: Request, sql: str, *args: Any) -> asyncpg.Record | None:
    """Run one statement that is its own transaction, and give its first row: the hot path of a `fast.py`."""
    return await database(request).one_statement(sql, *args)


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
