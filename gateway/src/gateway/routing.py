"""The routing table: which service answers a path, and which scope it takes to read and to write there.

A row covers its path and everything below it; the deepest row wins. Paths are matched as raw bytes, so what is
checked here is exactly what the service receives.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

CUSTOMER, SEGMENT, CAMPAIGN, CALLCENTER = SERVICES = ("customer", "segment", "campaign", "callcenter")
GATEWAY = "gateway"
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Row:
    """Everything under `path` belongs to `service`; `{...}` stands for any one segment."""

    path: str
    service: str
    read: str
    write: str
    unlimited_body: bool = False

    def scope_for(self, method: str) -> str:
        return self.read if method in READING_METHODS else self.write


def _nouns(service: str, scope: str, *nouns: str) -> Iterable[Row]:
    return (Row(f"/v1/{noun}", service, f"{scope}:read", f"{scope}:write") for noun in nouns)


def _one_scope(service: str, scope: str, path: str) -> Row:
    return Row(path, service, scope, scope)


ROWS: tuple[Row, ...] = (
    *_nouns(CUSTOMER, "customers", "customers", "products", "orders", "refunds", "interactions", "stores", "settings"),
    *_nouns(CUSTOMER, "customers", "jobs/customer"),
    Row("/v1/imports", CUSTOMER, "customers:read", "customers:write", unlimited_body=True),
    *_nouns(SEGMENT, "segments", "scoring-models", "scoring-runs", "scores", "next-purchases", "reports"),
    *_nouns(SEGMENT, "segments", "customers/{id}/scores", "customers/{id}/next-purchases", "jobs/segment"),
    *_nouns(CAMPAIGN, "campaigns", "sponsors", "offers", "campaigns", "coupon-batches", "coupons", "shopping-lists"),
    *_nouns(CAMPAIGN, "campaigns", "checkouts", "redemptions", "customers/{id}/shopping-list", "jobs/campaign"),
    _one_scope(CAMPAIGN, "campaigns:read", "/v1/qualifications"),
    *_nouns(CALLCENTER, "tickets", "tickets", "calls", "call-events", "screen-pop", "survey-responses"),
    *_nouns(CALLCENTER, "tickets", "customers/{id}/tickets", "customers/{id}/calls"),
    _one_scope(GATEWAY, "customers:read", "/v1/customers/{id}/360"),
    _one_scope(GATEWAY, "admin", "/v1/clients"),
    *(_one_scope(service, "feeds:read", f"/v1/feeds/{service}") for service in SERVICES),
    *(Row(f"/v1/feeds/{service}/parked", service, "feeds:read", "admin") for service in SERVICES),
    *(_one_scope(service, "audit:read", f"/v1/audit/{service}") for service in (*SERVICES, GATEWAY)),
)


@dataclass(slots=True)
class _Node:
    row: Row | None = None
    any_segment: "_Node | None" = None
    segments: dict[bytes, "_Node"] = field(default_factory=dict)


class Table:
    """The rows compiled to a tree of path segments: a match costs one dict lookup per segment of the row."""

    def __init__(self, rows: Iterable[Row] = ROWS) -> None:
        self._root = _Node()
        for row in rows:
            self._add(row)

    def _add(self, row: Row) -> None:
        node = self._root
        for segment in row.path.split("/")[1:]:
            if segment.startswith("{"):
                node.any_segment = node = node.any_segment or _Node()
            else:
                node = node.segments.setdefault(segment.encode(), _Node())
        if node.row is not None:
            raise ValueError(f"two rows for {row.path}")
        node.row = row

    def match(self, raw_path: bytes) -> Row | None:
        """The deepest row that covers `raw_path`."""
        node, found = self._root, None
        for segment in raw_path.split(b"/")[1:]:
            below = node.segments.get(segment) or node.any_segment
            if below is None:
                break
            node, found = below, below.row or found
        return found
