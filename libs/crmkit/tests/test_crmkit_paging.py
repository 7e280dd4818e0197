"""Lists, whatever is asked of them."""

import uuid
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, String, Table, Uuid, select, text

from crmkit.data.db import Database
from crmkit.problems import InvalidCursor
from crmkit.testing import TestClient
from crmkit.web import cursors, paging

FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)


async def ties(database: Database, count: int) -> str:
    """Things that sort equal, but for their ids; their common phone."""
    phone = f"+1{uuid.uuid4().int % 10**12}"
    async with database.begin() as session:
        await session.execute(
            text(
                "insert into things (name, phone, created_at)"
                " select uuidv7(), :phone, timestamptz '2020-01-01' from generate_series(1, :count)"
            ),
            {"phone": phone, "count": count},
        )
    return phone


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "name", "-name"])
@pytest.mark.parametrize("limit", [1, 3, 500])
async def test_pages_cover_a_list_once_though_rows_tie(
    client: TestClient, database: Database, sort: str, limit: int
) -> None:
    phone = await ties(database, 7)
    seen: list[str] = []
    params: dict[str, Any] = {"phone": phone, "sort": sort, "limit": limit}
    while True:
        page = (await client.get("/v1/things", params=params)).raise_for_status().json()
        seen += [row["id"] for row in page["data"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    whole = await client.get("/v1/things", params={"phone": phone, "sort": sort, "limit": 500})
    assert seen == [row["id"] for row in whole.json()["data"]]
    assert len(seen) == len(set(seen)) == 7


async def test_an_insert_between_two_pages_moves_nothing(client: TestClient, database: Database) -> None:
    phone = await ties(database, 4)
    first = (await client.get("/v1/things", params={"phone": phone, "limit": 2, "sort": "-name"})).json()
    async with database.begin() as session:
        new = {"phone": phone, "name": "~ the last name"}
        await session.execute(text("insert into things (name, phone) values (:name, :phone)"), new)
        await session.execute(text("delete from things where id = :id"), {"id": first["data"][-1]["id"]})
    params = {"phone": phone, "limit": 2, "sort": "-name", "cursor": first["next_cursor"]}
    second = (await client.get("/v1/things", params=params)).json()
    assert len(second["data"]) == 2
    assert not {row["id"] for row in first["data"]} & {row["id"] for row in second["data"]}
    async with database.begin() as session:
        await session.execute(text("delete from things where name = '~ the last name'"))


async def test_an_empty_list_is_a_page(client: TestClient) -> None:
    params = {"name": "nobody has this name"}
    assert (await client.get("/v1/things", params=params)).json() == {"data": [], "next_cursor": None}
    table = await client.get("/v1/things", params=params, headers={"accept": "text/csv"})
    assert table.text == "id,version,name,phone,size,twin_id,created_at\r\n"
    lines = await client.get("/v1/things", params=params, headers={"accept": "application/x-ndjson"})
    assert lines.text == ""


async def test_a_cursor_belongs_to_its_sort(client: TestClient, database: Database) -> None:
    phone = await ties(database, 2)
    cursor = (await client.get("/v1/things", params={"phone": phone, "limit": 1})).json()["next_cursor"]
    answer = await client.get("/v1/things", params={"phone": phone, "cursor": cursor, "sort": "-created_at"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


@given(cursor=st.text(max_size=60))
@FUZZ
async def test_any_text_as_a_cursor_is_refused_in_order(client: TestClient, cursor: str) -> None:
    try:
        path = f"/v1/things?cursor={quote(cursor)}"
    except UnicodeEncodeError:
        return
    answer = await client.get(path)
    assert (answer.status_code, answer.json().get("code")) == (400, "invalid_cursor") or cursor == ""


@given(sort=st.sampled_from(["created_at", "-created_at", "name"]), value=VALUES, tie=VALUES, more=st.lists(VALUES))
@FUZZ
async def test_a_forged_cursor_is_no_fault(
    client: TestClient, sort: str, value: Any, tie: Any, more: list[Any]
) -> None:
    for values in ([sort, value, tie, *more], [sort, value, str(uuid.uuid4())]):
        answer = await client.get("/v1/things", params={"cursor": cursors.encode(values), "sort": sort})
        assert answer.status_code in {200, 400, 422}, answer.text


@given(st.text(max_size=40), st.integers(-(2**60), 2**60))
def test_a_cursor_comes_back_as_it_went(text: str, number: int) -> None:
    assert cursors.decode(cursors.encode([text, number])) == [text, number]


def test_a_cursor_nested_without_end_is_refused() -> None:
    with pytest.raises(InvalidCursor):
        cursors.decode(cursors.base64.urlsafe_b64encode(b"[" * 20_000).decode())


@pytest.mark.parametrize("limit", ["0", "-1", "501", "1e3", "x", "", "99999999999999999999"])
async def test_a_wrong_limit_is_pointed_at(client: TestClient, limit: str) -> None:
    answer = await client.get("/v1/things", params={"limit": limit})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/limit"


def test_a_list_is_not_sorted_by_what_may_be_null() -> None:
    table = Table("t", MetaData(), Column("id", Uuid, primary_key=True), Column("name", String))
    with pytest.raises(ValueError, match="name may be null"):
        paging.Listing(select(table), keys={"name": table.c.name}, tie=table.c.id, default="name", model=paging.Page)


async def test_cells_that_a_spreadsheet_would_run_are_texts(client: TestClient, database: Database) -> None:
    name = f"=cmd|'/c calc'!{uuid.uuid4()}"
    await client.post("/v1/things", json={"name": name, "size": "-1.5"})
    table = await client.get("/v1/things", params={"name": name}, headers={"accept": "text/csv"})
    row = table.text.splitlines()[1]
    assert f",'{name}," in row
    assert ",-1.500," in row


async def test_a_stream_is_one_snapshot_of_all(client: TestClient, database: Database) -> None:
    phone = await ties(database, 1500)
    lines = await client.get("/v1/things", params={"phone": phone}, headers={"accept": "application/x-ndjson"})
    rows = [msgspec.json.decode(line) for line in lines.content.splitlines()]
    assert len({row["id"] for row in rows}) == 1500
    page = (await client.get("/v1/things", params={"phone": phone, "limit": 2})).json()["data"]
    assert rows[:2] == page
