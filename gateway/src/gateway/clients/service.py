"""Making, changing and revoking clients."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from gateway.access import keys
from gateway.clients import repository
from gateway.clients.errors import ClientNameTaken, ClientNotFound
from gateway.clients.models import Client
from gateway.clients.schemas import ClientPatch, NewClient


@dataclass(frozen=True, slots=True)
class Created:
    """A new client with its key, which is kept nowhere."""

    client: Client
    key: str


async def create_client(session: AsyncSession, new: NewClient) -> Created:
    """Raises: ClientNameTaken."""
    key = keys.generate(new.name)
    return Created(await add_client(session, new, key), key)


async def add_client(session: AsyncSession, new: NewClient, key: str) -> Client:
    """A client whose key was made elsewhere. Raises: ClientNameTaken."""
    now = datetime.now(UTC)
    wanted = Client(
        name=new.name,
        key_digest=keys.digest(key.encode()),
        key_hint=keys.hint(key),
        scopes=[str(scope) for scope in new.scopes],
        requests_per_minute=new.requests_per_minute,
        version=1,
        created_at=now,
        updated_at=now,
    )
    client = await repository.add(session, wanted)
    if client is None:
        holder = await repository.by_name(session, new.name)
        raise ClientNameTaken(new.name, holder.id if holder else None)
    await audit.record(session, "create_client", _resource(client.id), ", ".join(client.scopes))
    return client


async def get_client(session: AsyncSession, client_id: UUID) -> Client:
    return _found(await repository.get(session, client_id), client_id)


async def patch_client(
    session: AsyncSession, client_id: UUID, patch: ClientPatch, expect: Callable[[int], None]
) -> Client:
    """Change what `patch` names, unless `expect` refuses the present version."""
    client = _found(await repository.lock(session, client_id), client_id)
    expect(client.version)
    changes = patch.model_dump(mode="json", exclude_unset=True)
    if not changes:
        return client
    client = _found(await repository.change(session, client_id, datetime.now(UTC), **changes), client_id)
    await audit.record(session, "update_client", _resource(client_id), ", ".join(sorted(changes)))
    return client


async def renew_client(session: AsyncSession, client: Client, wanted: NewClient, key: str) -> Client:
    """Give a client the key, scopes and limit wanted; nothing happens when it has them."""
    columns = {
        "key_digest": keys.digest(key.encode()),
        "key_hint": keys.hint(key),
        "scopes": [str(scope) for scope in wanted.scopes],
        "requests_per_minute": wanted.requests_per_minute,
    }
    if all(getattr(client, name) == value for name, value in columns.items()):
        return client
    await audit.record(session, "update_client", _resource(client.id), ", ".join(sorted(columns)))
    return _found(await repository.change(session, client.id, datetime.now(UTC), **columns), client.id)


async def revoke_client(session: AsyncSession, client_id: UUID, expect: Callable[[int], None]) -> None:
    """From the commit on no gateway takes the key, unless `expect` refuses the present version."""
    expect(_found(await repository.lock(session, client_id), client_id).version)
    now = datetime.now(UTC)
    _found(await repository.change(session, client_id, now, revoked_at=now), client_id)
    await audit.record(session, "revoke_client", _resource(client_id))


def _found(client: Client | None, client_id: UUID) -> Client:
    if client is None:
        raise ClientNotFound(client_id)
    return client


def _resource(client_id: UUID) -> str:
    return f"/v1/clients/{client_id}"
