"""Makes the deployment's own clients known: one file per client, named like it, with its API key.

`python -m gateway.bootstrap` reads `PERENNIAL_BOOTSTRAP_CLIENTS_DIR` and may run at every start.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from crmkit import context
from crmkit.data.db import Database
from gateway.access import keys
from gateway.access.scopes import Scope
from gateway.clients import repository, service
from gateway.clients.models import Client
from gateway.clients.schemas import MOST_REQUESTS_PER_MINUTE, NewClient
from gateway.settings import Settings

DEVELOPER: Final = "dev-admin"

# What each part of the platform may do; a name that is not here is refused.
SCOPES: Final = {
    DEVELOPER: [Scope.ADMIN],
    "customer": [Scope.FEEDS_READ, Scope.CUSTOMERS_PII],
    "segment": [Scope.FEEDS_READ],
    "campaign": [Scope.FEEDS_READ, Scope.CUSTOMERS_READ, Scope.CUSTOMERS_PII, Scope.SEGMENTS_READ],
    "callcenter": [Scope.FEEDS_READ, Scope.CUSTOMERS_READ, Scope.CUSTOMERS_PII],
}


class BootstrapSettings(Settings):
    """Where the keys are."""

    bootstrap_clients_dir: Path


def read_keys(folder: Path) -> dict[str, str]:
    """Key by client name. Raises: ValueError for a file that is no key of a known client."""
    found = {}
    for file in sorted(folder.iterdir()):
        key = file.read_text().strip()
        if file.name not in SCOPES or not keys.is_well_formed(key.encode()):
            raise ValueError(f"{file} is not the key of one of the clients {', '.join(SCOPES)}")
        found[file.name] = key
    return found


async def ensure_client(session: AsyncSession, name: str, key: str) -> None:
    """Make the client, or give the present one this key and its scopes. Raises: ValueError for a key that is spent."""
    _check_usable(name, await repository.by_digest(session, keys.digest(key.encode())))
    wanted = NewClient(name=name, scopes=SCOPES[name], requests_per_minute=MOST_REQUESTS_PER_MINUTE)
    present = await repository.by_name(session, name)
    if present is None:
        await service.add_client(session, wanted, key)
    else:
        await service.renew_client(session, present, wanted, key)


def _check_usable(name: str, holder: Client | None) -> None:
    """A key stays with the client that had it first, also when that was revoked."""
    if holder is None or (holder.name == name and holder.revoked_at is None):
        return
    files = f"clients/{name}" if name == DEVELOPER else f"clients/{name} and its copy {name}/api_key"
    taken = "was revoked" if holder.revoked_at else f"is already that of {holder.name}"
    raise ValueError(f"The key of the client {name} {taken}: replace the secret {files}.")


async def bootstrap(settings: BootstrapSettings) -> None:
    context.enter(context.Context(actor="bootstrap"))
    database = Database.of(settings)
    try:
        async with database.begin() as session:
            for name, key in read_keys(settings.bootstrap_clients_dir).items():
                await ensure_client(session, name, key)
    finally:
        await database.close()


def main() -> None:
    try:
        asyncio.run(bootstrap(BootstrapSettings()))
    except (ValueError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
