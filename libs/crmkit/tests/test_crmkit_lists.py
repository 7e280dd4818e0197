"""What a declared list takes, and what it answers."""

from typing import Any, Literal
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import ARRAY, Column, DateTime, MetaData, String, Table, Uuid, select
from sqlalchemy.dialects import postgresql

from crmkit.testing import TestClient
from crmkit.web import lists
from crmkit.web.lists import _any_of

ROWS = Table(
    "rows", MetaData(), Column("id", Uuid, primary_key=True), Column("tags", ARRAY(String)), Column("at", DateTime)
)


@pytest.fixture
async def things(client: TestClient) -> dict[str, dict[str, Any]]:
    """Three things: `a` without a phone and with a twin, `b` and `c` with one phone each."""
    mark = uuid4().hex
    made: dict[str, dict[str, Any]] = {}
    for letter in "bca":
        phone = None if letter == "a" else f"+1555{letter}{mark}"
        new = {"name": f"{mark} {letter}", "phone": phone, "twin_id": made["b"]["id"] if letter == "a" else None}
        made[letter] = (await client.post("/v1/things", json=new)).raise_for_status().json()
    return made


async def names(client: TestClient, **params: Any) -> list[str]:
    answer = await client.get("/v1/things", params={"sort": "name", "limit": 500} | params)
    assert answer.status_code == 200, answer.text
    return [row["name"][-1] for row in answer.json()["data"]]


async def test_a_repeated_filter_means_any_of_them(client: TestClient, things: dict[str, Any]) -> None:
    assert await names(client, name=[things["a"]["name"], things["c"]["name"]]) == ["a", "c"]
    assert await names(client, phone=[things["b"]["phone"], things["c"]["phone"]]) == ["b", "c"]


async def test_null_asks_for_none_alone_and_among_others(client: TestClient, things: dict[str, Any]) -> None:
    ids = [thing["id"] for thing in things.values()]
    assert await names(client, ids=ids, phone="null") == ["a"]
    assert await names(client, ids=ids, phone=["null", things["c"]["phone"]]) == ["a", "c"]


async def test_a_set_is_fetched_by_its_ids(client: TestClient, things: dict[str, Any]) -> None:
    ids = [things["a"]["id"], things["b"]["id"]]
    assert await names(client, ids=ids) == await names(client, ids=",".join(ids)) == ["a", "b"]
    many = [str(uuid4()) for _ in range(499)]
    whole = await client.get("/v1/things", params={"ids": ",".join([*many, ids[0]])})
    assert [row["id"] for row in whole.json()["data"]] == ids[:1]
    refused = await client.get("/v1/things", params={"ids": ",".join([*many, *ids])})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/query/ids")


async def test_a_set_is_one_page(client: TestClient) -> None:
    made = [await client.post("/v1/things", json={"name": uuid4().hex}) for _ in range(51)]
    page = (await client.get("/v1/things", params={"ids": [each.json()["id"] for each in made]})).json()
    assert (len(page["data"]), page["next_cursor"]) == (51, None)


async def test_ranges_take_their_lower_and_leave_their_upper_end(client: TestClient, things: dict[str, Any]) -> None:
    ids = [thing["id"] for thing in things.values()]
    between = {"created_at_gte": things["b"]["created_at"], "created_at_lt": things["a"]["created_at"]}
    assert await names(client, ids=ids, **between) == ["b", "c"]


async def test_a_parameter_may_have_a_condition_of_its_own(client: TestClient, things: dict[str, Any]) -> None:
    assert await names(client, like=things["a"]["name"][:-1]) == ["a", "b", "c"]


async def test_a_total_is_told_when_asked_for(client: TestClient, things: dict[str, Any]) -> None:
    asked = {"ids": [thing["id"] for thing in things.values()], "limit": 1}
    page = (await client.get("/v1/things", params=asked | {"count": "true"})).json()
    assert (page["total"], len(page["data"])) == (3, 1)
    later = await client.get("/v1/things", params=asked | {"count": "true", "cursor": page["next_cursor"]})
    assert later.json()["total"] == 3
    assert "total" not in (await client.get("/v1/things", params=asked)).json()


async def test_summaries_are_put_into_rows(client: TestClient, things: dict[str, Any]) -> None:
    params = {"ids": [things["a"]["id"], things["b"]["id"]], "sort": "name", "expand": "twin"}
    twin = {"id": things["b"]["id"], "name": things["b"]["name"]}
    page = (await client.get("/v1/things", params=params)).json()
    assert [row["twin"] for row in page["data"]] == [twin, None]
    stream = await client.get("/v1/things", params=params, headers={"accept": "application/x-ndjson"})
    assert [msgspec.json.decode(line)["twin"] for line in stream.text.splitlines()] == [twin, None]


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("like=a&like=b", "/query/like", "repeated"),
        ("limit=1&limit=2", "/query/limit", "repeated"),
        ("colour=red", "/query/colour", "unknown_field"),
        ("sort=colour", "/query/sort", "not_one_of"),
        ("expand=colour", "/query/expand/0", "not_one_of"),
    ],
)
async def test_what_a_list_does_not_take_is_pointed_at(client: TestClient, query: str, pointer: str, code: str) -> None:
    answer = await client.get(f"/v1/things?{query}")
    assert answer.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [(pointer, code)]


async def test_the_document_tells_what_a_list_takes(client: TestClient) -> None:
    operation = (await client.get("/openapi.json")).json()["paths"]["/v1/things"]["get"]
    schemas = {parameter["name"]: parameter["schema"] for parameter in operation["parameters"]}
    assert schemas["sort"]["enum"] == ["created_at", "-created_at", "name", "-name"]
    assert (schemas["ids"]["type"], schemas["ids"]["maxItems"]) == ("array", 500)
    assert schemas["expand"]["items"] == {"const": "twin", "type": "string"}
    assert operation["responses"]["200"]["content"].keys() >= {"application/x-ndjson", "text/csv"}


def test_an_array_is_asked_for_any_of_its_elements() -> None:
    told = str(_any_of(ROWS.c.tags, ["vip"]).compile(dialect=postgresql.dialect()))
    assert "rows.tags &&" in told


class _Asked(lists.ListQuery):
    sort: Literal["at"] = "at"


class _Strange(lists.ListQuery):
    sort: Literal["id"] = "id"
    colour: lists.AnyOf[str]


def test_a_list_is_refused_when_it_is_declared_wrongly() -> None:
    with pytest.raises(ValueError, match="at may be null"):
        lists.List(select(ROWS), _Asked, columns=ROWS.c, model=_Asked)
    with pytest.raises(KeyError, match="colour"):
        lists.List(select(ROWS), _Strange, columns=ROWS.c, model=_Asked)
