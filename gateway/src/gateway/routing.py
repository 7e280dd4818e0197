"""The routing table: which service answers a path, and which scope it takes to read and to write there.

A row covers its path and everything below it; the deepest row wins. Paths are matched as raw bytes, so what is
checked here is exactly what the service receives.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

CUSTOMER, SEGMENT, CAMPAIGN, CALLCENTER = SERVICES = ("customer", "segment", "campaign", "callcenter")
GATEWAY = "gateway"
SCOPE_NOUNS = {CUSTOMER: "customers", SEGMENT: "segments", CAMPAIGN: "campaigns", CALLCENTER: "tickets"}

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Route:
    """One row: everything under `path` belongs to `service`; `{...}` stands for any one segment."""

    path: str
    service: str
    read: str
    write: str
    unlimited_body: bool = False

    def scope_for(self, method: str) -> str:
        return self.read if method in READING_METHODS else self.write


ROUTES: tuple[Route, ...] = (
    # customer
    Route("/v1/customers", CUSTOMER, "customers:read", "customers:write"),
    Route("/v1/duplicates", CUSTOMER, "customers:read", "customers:write"),
    Route("/v1/products", CUSTOMER, "customers:read", "customers:write"),
    Route("/v1/orders", CUSTOMER, "customers:read", "customers:write"),
    Route("/v1/refunds", CUSTOMER, "customers:read", "customers:write"),
    Route("/v1/interactions", CUSTOMER, "customers:read", "customers:write"),
    Route("/v1/tasks", CUSTOMER, "customers:read", "customers:write"),
    Route("/v1/stores", CUSTOMER, "customers:read", "customers:write"),
    Route("/v1/settings", CUSTOMER, "customers:read", "customers:write"),
    Route("/v1/imports", CUSTOMER, "customers:read", "customers:write", unlimited_body=True),
    Route("/v1/exports", CUSTOMER, "customers:read", "customers:write"),
    Route("/v1/identify", CUSTOMER, "customers:write", "customers:write"),
    Route("/v1/track", CUSTOMER, "customers:write", "customers:write"),
    Route("/v1/page", CUSTOMER, "customers:write", "customers:write"),
    Route("/v1/screen", CUSTOMER, "customers:write", "customers:write"),
    Route("/v1/group", CUSTOMER, "customers:write", "customers:write"),
    Route("/v1/alias", CUSTOMER, "customers:write", "customers:write"),
    Route("/v1/batch", CUSTOMER, "customers:write", "customers:write"),
    # segment
    Route("/v1/scoring-runs", SEGMENT, "segments:read", "segments:write"),
    Route("/v1/scoring-models", SEGMENT, "segments:read", "segments:write"),
    Route("/v1/scores", SEGMENT, "segments:read", "segments:write"),
    Route("/v1/segments", SEGMENT, "segments:read", "segments:write"),
    Route("/v1/segments/preview", SEGMENT, "segments:read", "segments:read"),
    Route("/v1/next-purchases", SEGMENT, "segments:read", "segments:write"),
    Route("/v1/reports", SEGMENT, "segments:read", "segments:write"),
    Route("/v1/customers/{id}/scores", SEGMENT, "segments:read", "segments:write"),
    Route("/v1/customers/{id}/segments", SEGMENT, "segments:read", "segments:write"),
    Route("/v1/customers/{id}/next-purchases", SEGMENT, "segments:read", "segments:write"),
    # campaign
    Route("/v1/campaigns", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/offers", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/templates", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/automations", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/coupon-batches", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/coupons", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/redemptions", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/shopping-lists", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/qualifications", CAMPAIGN, "campaigns:read", "campaigns:read"),
    Route("/v1/checkouts", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/loyalty", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/rewards", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/referrals", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/messages", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/sponsors", CAMPAIGN, "campaigns:read", "campaigns:write"),
    Route("/v1/customers/{id}/shopping-list", CAMPAIGN, "campaigns:read", "campaigns:write"),
    # callcenter
    Route("/v1/tickets", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/macros", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/sla-policies", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/queues", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/agents", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/calls", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/call-events", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/screen-pop", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/callbacks", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/wallboard", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/surveys", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/survey-responses", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/articles", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/leads", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/recalls", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/appointments", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/customers/{id}/tickets", CALLCENTER, "tickets:read", "tickets:write"),
    Route("/v1/customers/{id}/calls", CALLCENTER, "tickets:read", "tickets:write"),
    # every service
    *(Route(f"/v1/feeds/{service}", service, "feeds:read", "feeds:read") for service in SERVICES),
    *(Route(f"/v1/jobs/{s}", s, f"{noun}:read", f"{noun}:write") for s, noun in SCOPE_NOUNS.items()),
    *(Route(f"/v1/audit/{service}", service, "audit:read", "audit:read") for service in (*SERVICES, GATEWAY)),
    # the gateway itself
    Route("/v1/customers/{id}/360", GATEWAY, "customers:read", "customers:read"),
    Route("/v1/clients", GATEWAY, "admin", "admin"),
)


@dataclass(slots=True)
class _Node:
    route: Route | None = None
    any_segment: "_Node | None" = None
    segments: dict[bytes, "_Node"] = field(default_factory=dict)


class Table:
    """The rows compiled to a tree of path segments: a match costs one dict lookup per segment of the row."""

    def __init__(self, routes: Iterable[Route] = ROUTES) -> None:
        self._root = _Node()
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.path.split("/")[1:]:
            if segment.startswith("{"):
                node.any_segment = node = node.any_segment or _Node()
            else:
                node = node.segments.setdefault(segment.encode(), _Node())
        if node.route is not None:
            raise ValueError(f"two rows for {route.path}")
        node.route = route

    def match(self, raw_path: bytes) -> Route | None:
        """The deepest row that covers `raw_path`."""
        node, found = self._root, None
        for segment in raw_path.split(b"/")[1:]:
            below = node.segments.get(segment) or node.any_segment
            if below is None:
                break
            node, found = below, below.route or found
        return found
