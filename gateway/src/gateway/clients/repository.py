"""The clients table."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.directory import CHANNEL
from gateway.clients.models import Client


async def add(session: AsyncSession, client: Client) -> Client | None:
    """Insert, or give None when a client that is not revoked has the name."""
    given = {c.key: value for c in Client.__table__.columns if (value := getattr(client, c.key)) is not None}
    statement = (
        insert(Client)
        .values(given)
        .on_conflict_do_nothing(index_elements=[Client.name], index_where=Client.revoked_at.is_(None))
        .returning(Client)
    )
    added: Client | None = await session.scalar(statement)
    return added


async def by_name(session: AsyncSession, name: str) -> Client | None:
    """The client of a name that is not revoked."""
    return (await session.scalars(_present().where(Client.name == name))).one_or_none()


async def by_digest(session: AsyncSession, digest: bytes) -> Client | None:
    """The client of a key, also one that was revoked."""
    return (await session.scalars(select(Client).where(Client.key_digest == digest))).one_or_none()


async def get(session: AsyncSession, client_id: UUID) -> Client | None:
    return (await session.scalars(_present().where(Client.id == client_id))).one_or_none()


async def lock(session: AsyncSession, client_id: UUID) -> Client | None:
    return (await session.scalars(_present().where(Client.id == client_id).with_for_update())).one_or_none()


async def change(session: AsyncSession, client_id: UUID, at: datetime, **columns: object) -> Client | None:
    """Set columns in one statement, and tell every gateway process at commit."""
    statement = (
        update(Client)
        .where(Client.id == client_id, Client.revoked_at.is_(None))
        .values(updated_at=at, version=Client.version + 1, **columns)
        .returning(Client)
        .execution_options(populate_existing=True)
    )
    changed = await session.scalar(statement)
    if changed is not None:
        await session.execute(text("select pg_notify(:channel, :id)"), {"channel": CHANNEL, "id": str(client_id)})
    return changed


def listed(name: str | None) -> Select[Client]:
    return select(Client).where(Client.name == name) if name is not None else select(Client)


def _present() -> Select[Client]:
    return select(Client).where(Client.revoked_at.is_(None))
