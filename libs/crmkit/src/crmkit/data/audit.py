"""An append-only record of who did what, in every service from the first day."""

from sqlalchemy import BigInteger, Column, DateTime, MetaData, String, Table, Uuid, func, insert
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit import context

_metadata = MetaData()
audit = Table(
    "audit",
    _metadata,
    Column("id", Uuid, primary_key=True, server_default=func.uuidv7()),
    Column("at", DateTime(timezone=True), primary_key=True, server_default=func.now()),
    Column("actor", String),
    Column("action", String),
    Column("resource", String),
    Column("request_id", String),
    Column("detail", String),
    Column("count", BigInteger, server_default="1"),
)


async def record(session: AsyncSession, action: str, resource: str, detail: str | None = None) -> None:
    """Write an entry in the effect's own transaction."""
    now = context.current()
    await session.execute(
        insert(audit).values(
            actor=now.actor, action=action, resource=resource, request_id=now.request_id, detail=detail
        )
    )


def recording(action: str, *, rows: str, resource: str, origin: str = "$1") -> str:
    """The INSERT that leaves one entry a row of `rows`, for set statements; a CTE or a statement of its own.

    resource: SQL of its path. origin: the parameter that takes `outbox.origin()`.
    """
    return f"""insert into audit (actor, action, resource, request_id)
    select ({origin}::text[])[1], '{action}', {resource}, ({origin})[2] from {rows}"""
