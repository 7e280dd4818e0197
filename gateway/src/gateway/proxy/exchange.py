"""One request on its way through the gateway."""

from starlette.types import Receive, Scope, Send

from gateway.access.limits import Bucket
from gateway.proxy.headers import Inbound, Raw


class Exchange:
    """A request as ASGI hands it over, its fields read; bucket: whose limit it counts against, once that is known."""

    __slots__ = ("bucket", "inbound", "receive", "scope", "send")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.inbound = Inbound(scope["headers"])
        self.bucket: Bucket | None = None

    @property
    def method(self) -> str:
        method: str = self.scope["method"]
        return method

    @property
    def peer(self) -> str:
        return self.scope["client"][0] if self.scope.get("client") else "unknown"

    @property
    def target(self) -> str:
        """Path and query exactly as they came; `paths.check` has found them to be ASCII."""
        path: str = self.scope["raw_path"].decode("ascii")
        query: bytes = self.scope["query_string"]
        return f"{path}?{query.decode('ascii')}" if query else path

    def limit_fields(self) -> list[Raw]:
        if self.bucket is None:
            return []
        return [(b"ratelimit", self.bucket.state()), (b"ratelimit-policy", self.bucket.policy)]

    def own_fields(self) -> list[Raw]:
        """What the gateway adds to an answer that it did not make."""
        return [(b"x-request-id", self.inbound.request_id.encode()), *self.limit_fields()]
