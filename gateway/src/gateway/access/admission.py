"""Who calls, whether it is too often, and whether it may: in this order."""

import time

from crmkit.data.db import is_transient
from crmkit.problems import Problem, Unavailable
from crmkit.web.auth import MissingScope
from gateway.access import keys
from gateway.access.directory import Directory, KnownClient
from gateway.access.errors import NoKey, TooManyRequests, UnknownKey
from gateway.access.limits import Bucket, Peers
from gateway.access.refusals import Refusals, RefusedRequest
from gateway.routing import Row


class Admission:
    """The checks before a request is answered or forwarded."""

    def __init__(self, directory: Directory, refusals: Refusals, peers: Peers) -> None:
        self._directory = directory
        self._refusals = refusals
        self._peers = peers

    def known(self, key: bytes | None) -> KnownClient | None:
        """The client of a key that was seen before."""
        return self._directory.known(keys.digest(key)) if key else None

    async def recognise(self, key: bytes | None, peer: str, row: Row) -> KnownClient:
        """The client of a key that was not seen before. Raises: NoKey, UnknownKey, TooManyRequests."""
        spend(self.peer_bucket(peer))
        if not key:
            raise self._refused(f"peer:{peer}", row, NoKey())
        client = await self._find(key)
        if client is None:
            raise self._refused(f"peer:{peer}", row, UnknownKey())
        return client

    def authorise(self, client: KnownClient, row: Row, method: str) -> None:
        """Raises: TooManyRequests, MissingScope."""
        spend(client.bucket)
        try:
            client.principal.need(row.scope_for(method))
        except MissingScope as problem:
            raise self._refused(client.principal.client_id, row, problem) from None

    def peer_bucket(self, peer: str) -> Bucket:
        return self._peers.bucket(peer, time.monotonic())

    async def _find(self, key: bytes) -> KnownClient | None:
        if not keys.is_well_formed(key):
            return None
        try:
            return await self._directory.find(keys.digest(key))
        except Exception as error:
            if not is_transient(error):
                raise
            raise Unavailable("The clients cannot be read right now.") from error

    def _refused(self, actor: str, row: Row, problem: Problem) -> Problem:
        self._refusals.add(RefusedRequest(actor, row.path, problem.code))
        return problem


def spend(bucket: Bucket) -> None:
    if not bucket.take(time.monotonic()):
        raise TooManyRequests(bucket.per_minute, bucket.retry_after_s())
