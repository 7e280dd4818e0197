"""The clients that were seen, kept in the process until one is changed or revoked.

A known key costs no query, so the gateway goes on while its database is away.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import structlog

from crmkit.data.db import Database, is_transient
from crmkit.settings import Settings
from crmkit.web.auth import Principal
from gateway.access.limits import Bucket
from gateway.settings import DATABASE_TIMEOUT_S

CHANNEL = "gateway_clients"

log = structlog.get_logger()

_COLUMNS = "id, name, key_digest, scopes, requests_per_minute, version"
_FIND = f"select {_COLUMNS} from clients where key_digest = $1 and revoked_at is null"
_FIND_MANY = f"select {_COLUMNS} from clients where key_digest = any($1) and revoked_at is null"


class KnownClient:
    """A client as the hot path needs it: who it is, what is left of its limit, its tokens by service."""

    __slots__ = ("bucket", "principal", "tokens", "version")

    def __init__(self, principal: Principal, per_minute: int, version: int) -> None:
        self.principal = principal
        self.version = version
        self.bucket = Bucket(per_minute, now=time.monotonic())
        self.tokens: dict[str, tuple[str, float]] = {}

    @classmethod
    def of_row(cls, row: asyncpg.Record) -> "KnownClient":
        identity: UUID = row["id"]
        principal = Principal(str(identity), row["name"], frozenset(row["scopes"]))
        return cls(principal, row["requests_per_minute"], row["version"])


class Directory:
    """Clients by the digest of their key."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, KnownClient] = {}

    def known(self, digest: bytes) -> KnownClient | None:
        return self._known.get(digest)

    async def find(self, digest: bytes) -> KnownClient | None:
        """Look a key up that was not seen yet. The caller limits how often a peer can cause that."""
        async with asyncio.timeout(DATABASE_TIMEOUT_S), self._database.connection() as connection:
            row = await connection.fetchrow(_FIND, digest)
        if row is None:
            return None
        return self._known.setdefault(digest, KnownClient.of_row(row))

    async def refresh(self) -> None:
        """Take over what changed: new scopes and limits apply from now on, revoked clients are gone."""
        if not self._known:
            return
        # What is found while the query runs is not among its rows, and true already.
        asked = dict(self._known)
        async with asyncio.timeout(DATABASE_TIMEOUT_S), self._database.connection() as connection:
            rows = await connection.fetch(_FIND_MANY, list(asked))
        present = {row["key_digest"]: row for row in rows}
        for digest, client in asked.items():
            row = present.get(digest)
            if row is None:
                del self._known[digest]
            elif row["version"] != client.version:
                self._known[digest] = KnownClient.of_row(row)


@asynccontextmanager
async def following(directory: Directory, settings: Settings, poll_s: float) -> AsyncIterator[None]:
    """Keep the directory true: at once by NOTIFY, within `poll_s` without it."""
    changed = asyncio.Event()
    listener = asyncio.create_task(_listen(settings, changed))
    refresher = asyncio.create_task(_refresh(directory, changed, poll_s))
    try:
        yield
    finally:
        listener.cancel()
        refresher.cancel()
        await asyncio.gather(listener, refresher, return_exceptions=True)


async def _listen(settings: Settings, changed: asyncio.Event) -> None:
    while True:
        try:
            connection = await asyncpg.connect(settings.dsn())
            closed = asyncio.Event()
            connection.add_termination_listener(lambda *_, closed=closed: closed.set())
            try:
                await connection.add_listener(CHANNEL, lambda *_: changed.set())
                changed.set()
                await closed.wait()
            finally:
                connection.terminate()
        except Exception as error:  # noqa: BLE001 - whatever failed, without this task changes are found late
            _warn("clients_not_followed", error)
            await asyncio.sleep(1)


async def _refresh(directory: Directory, changed: asyncio.Event, poll_s: float) -> None:
    while True:
        try:
            async with asyncio.timeout(poll_s):
                await changed.wait()
        except TimeoutError:
            pass
        changed.clear()
        try:
            await directory.refresh()
        except Exception as error:  # noqa: BLE001 - whatever failed, without this task revoked keys go on working
            _warn("clients_not_refreshed", error)


def _warn(event: str, error: Exception) -> None:
    """The moment's faults in a line, ours whole."""
    log.warning(event, error=str(error), exc_info=not is_transient(error))
