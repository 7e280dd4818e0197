"""`/v1/customers/{id}/360`: what is there, and the name of what is not. callcenter-svc is down here."""

import asyncio

import pytest

from gateway.access.scopes import Scope

ID = "01890000-0000-7000-8000-00000000000a"


@pytest.fixture
def answers(upstream):
    upstream.answers(
        {
            f"/v1/customers/{ID}": {"id": ID, "name": "Ada"},
            "/v1/customers/ext:tcj:1/2": {"id": ID, "name": "Ada"},
            f"/v1/customers/{ID}/scores": {"abc": "A"},
            "/v1/coupons": {"data": [{"code": "X"}], "next_cursor": None},
            f"/v1/customers/{ID}/timeline": {"data": [], "next_cursor": None},
        }
    )
    return upstream


EVERYTHING = {
    "customer_id": ID,
    "profile": {"id": ID, "name": "Ada"},
    "scores": {"abc": "A"},
    "shopping_list": None,
    "coupons": [{"code": "X"}],
    "open_tickets": None,
    "timeline": [],
    "unavailable": [{"part": "open_tickets", "reason": "service_unavailable"}],
}


async def test_everything_but_what_is_down(http, answers) -> None:
    answer = await http.get(f"/v1/customers/{ID}/360", headers={"X-Request-Id": "one"})
    assert (answer.status_code, answer.json()) == (200, EVERYTHING)
    assert answers.last_headers["x-request-id"] == "one"


async def test_a_part_that_takes_too_long_costs_only_its_own(http, answers) -> None:
    in_time = answers.handler

    async def dribble(scope, receive, send) -> None:
        if not scope["path"].endswith("/scores"):
            await in_time(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(60):
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.sleep(0.05)
        await send({"type": "http.response.body", "body": b"{}"})

    answers.handler = dribble
    view = (await http.get(f"/v1/customers/{ID}/360")).json()
    assert {"part": "scores", "reason": "timeout"} in view["unavailable"]
    assert view | {"scores": {"abc": "A"}, "unavailable": EVERYTHING["unavailable"]} == EVERYTHING


async def test_by_external_id(http, answers) -> None:
    assert (await http.get("/v1/customers/ext:tcj:1%2F2/360")).json() == EVERYTHING


async def test_parts_the_client_may_not_see_are_named(http, answers, make_client) -> None:
    made = await make_client(Scope.CUSTOMERS_READ)
    view = (await http.get(f"/v1/customers/{ID}/360", headers={"Authorization": f"Bearer {made.key}"})).json()
    assert view["profile"]
    assert {(missing["part"], missing["reason"]) for missing in view["unavailable"]} == {
        ("scores", "forbidden"),
        ("shopping_list", "forbidden"),
        ("coupons", "forbidden"),
        ("open_tickets", "forbidden"),
    }
    assert {scope["path"] for scope in answers.requests} == {f"/v1/customers/{ID}", f"/v1/customers/{ID}/timeline"}


async def test_an_unknown_customer(http, upstream) -> None:
    upstream.answers({})
    assert (await http.get(f"/v1/customers/{ID}/360")).status_code == 404
    assert (await http.get("/v1/customers/abc/360")).status_code == 422


async def test_services_that_fail(http, upstream) -> None:
    upstream.answers({}, status=500)
    view = (await http.get(f"/v1/customers/{ID}/360")).json()
    assert (view["customer_id"], view["profile"]) == (ID, None)
    assert {"part": "profile", "reason": "error"} in view["unavailable"]
    assert (await http.get("/v1/customers/ext:tcj:1/360")).status_code == 503
