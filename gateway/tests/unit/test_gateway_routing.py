"""The routing table: the deepest row wins, and says the scope."""

import pytest

from gateway.access.scopes import Scope
from gateway.routing import ROWS, Row, Table

TABLE = Table()


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/v1/customers", "customer"),
        ("/v1/customers/0190", "customer"),
        ("/v1/customers/0190/timeline", "customer"),
        ("/v1/customers/0190/scores", "segment"),
        ("/v1/customers/ext:tcj:1%2F2/shopping-list", "campaign"),
        ("/v1/customers/0190/tickets", "callcenter"),
        ("/v1/customers/0190/360", "gateway"),
        ("/v1/feeds/campaign/head", "campaign"),
        ("/v1/jobs/segment/0190", "segment"),
        ("/v1/audit/gateway", "gateway"),
        ("/v1/call-events/twilio", "callcenter"),
    ],
)
def test_owner(path: str, service: str) -> None:
    route = TABLE.match(path.encode())
    assert route is not None
    assert route.service == service


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/customers", "/v1/feeds/nobody", "/v1/customersx", "/%76%31/clients"])
def test_no_row(path: str) -> None:
    assert TABLE.match(path.encode()) is None


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/customers/1", "customers:read"),
        ("HEAD", "/v1/customers/1", "customers:read"),
        ("DELETE", "/v1/customers/1", "customers:write"),
        ("POST", "/v1/qualifications", "campaigns:read"),
        ("POST", "/v1/scoring-runs", "segments:write"),
        ("DELETE", "/v1/jobs/customer/1", "customers:write"),
        ("GET", "/v1/feeds/segment", "feeds:read"),
        ("GET", "/v1/clients", "admin"),
    ],
)
def test_scope(method: str, path: str, scope: str) -> None:
    route = TABLE.match(path.encode())
    assert route is not None
    assert route.scope_for(method) == scope


def test_every_scope_can_be_given_to_a_client() -> None:
    assert {scope for route in ROWS for scope in (route.read, route.write)} <= set(Scope)


def test_two_rows_for_one_path_are_refused() -> None:
    row = Row("/v1/a/{id}", "customer", "customers:read", "customers:write")
    with pytest.raises(ValueError, match="two rows"):
        Table([row, Row("/v1/a/{name}", "segment", "segments:read", "segments:write")])
