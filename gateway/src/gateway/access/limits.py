"""Token buckets, and what they tell in `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers)."""

import math
from collections import OrderedDict

WINDOW_S = 60
PEERS = 10_000


class Bucket:
    """`per_minute` requests, refilled evenly; a full bucket may be spent at once."""

    __slots__ = ("_at", "_name", "_rate", "_tokens", "per_minute", "policy")

    def __init__(self, per_minute: int, name: str = "client", *, now: float) -> None:
        self.per_minute = per_minute
        self.policy = b'"%s";q=%d;w=%d' % (name.encode(), per_minute, WINDOW_S)
        self._name = name.encode()
        self._rate = per_minute / WINDOW_S
        self._tokens = float(per_minute)
        self._at = now

    def take(self, now: float) -> bool:
        """Spend one token; False when there is none."""
        self._refill(now)
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def state(self) -> bytes:
        """The `RateLimit` field: requests left, seconds until the bucket is full."""
        until_full = math.ceil((self.per_minute - self._tokens) / self._rate)
        return b'"%s";r=%d;t=%d' % (self._name, self._tokens, until_full)

    def retry_after_s(self) -> int:
        """Whole seconds until one token is there."""
        return max(1, math.ceil((1.0 - self._tokens) / self._rate))

    def _refill(self, now: float) -> None:
        tokens = self._tokens + (now - self._at) * self._rate
        self._tokens = tokens if tokens < self.per_minute else float(self.per_minute)
        self._at = now


class Peers:
    """A bucket per peer address for requests without a client; the longest unseen is forgotten first."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def bucket(self, address: str, now: float) -> Bucket:
        found = self._buckets.get(address)
        if found is None:
            found = self._buckets[address] = Bucket(self._per_minute, "anonymous", now=now)
            if len(self._buckets) > PEERS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(address)
        return found
