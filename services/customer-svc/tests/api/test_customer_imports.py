"""Imports through the API, their jobs run here."""

import gzip
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from customer_importing import NDJSON, Importer, ndjson

from crmkit.data.db import Database
from crmkit.testing import TestClient, read_feed
from customer.imports import rules
from customer.imports import service as imports


def unique() -> str:
    return uuid.uuid4().hex


async def test_bad_lines_are_told_and_good_ones_kept(client: TestClient, bring: Importer) -> None:
    good, card = unique(), unique()
    lines = [
        json.dumps({"external_id": good, "source": "shop", "cards": [card]}).encode(),
        b"{not json",
        b"",
        json.dumps({"external_id": unique(), "source": "shop", "nickname": "x"}).encode(),
        json.dumps({"external_id": unique(), "source": "shop", "phones": ["x"]}).encode(),
        json.dumps({"external_id": unique(), "source": "shop", "cards": [card]}).encode(),
        b"\xff\xfe",
    ]
    job = await bring("customers", b"\n".join(lines))
    assert (job["status"], job["total"], job["processed"], job["failed"]) == ("succeeded", 7, 2, 5)
    assert job["result"] == {"created": 1, "updated": 0, "unchanged": 0}
    errors = await bring.errors(job)
    assert [(e["position"], e["code"]) for e in errors] == [
        (2, "invalid_line"),
        (4, "invalid_line"),
        (5, "invalid_line"),
        (6, "identifier_taken"),
        (7, "invalid_line"),
    ]
    assert "nickname" in errors[1]["detail"]
    assert (await client.get(f"/v1/customers/ext:shop:{good}")).status_code == 200


async def test_an_import_repeated_changes_nothing(client: TestClient, database: Database, bring: Importer) -> None:
    mark = unique()
    customers = [{"external_id": f"{mark}-{n}", "source": "shop", "name": f"Name {n}"} for n in range(3)]
    products = [{"external_id": f"{mark}-{n}", "source": "shop", "product_type": "MILK"} for n in range(2)]
    orders = [
        {
            "external_id": f"{mark}-{n}",
            "source": "shop",
            "customer": {"external_id": f"{mark}-{n % 3}"},
            "placed_at": "2017-01-01T11:53:26Z",
            "currency": "USD",
            "lines": [{"product": {"external_id": f"{mark}-{n % 2}"}, "quantity": 1, "amount": 100 + n}],
        }
        for n in range(6)
    ]
    sets: list[tuple[str, list[dict[str, Any]]]] = [
        ("customers", customers),
        ("products", products),
        ("orders", orders),
    ]
    for resource, rows in sets:
        assert (await bring(resource, ndjson(*rows)))["result"]["created"] == len(rows)
    before = (await read_feed(client, database, "customer"))[-1].sequence
    for resource, rows in sets:
        assert (await bring(resource, ndjson(*rows)))["result"]["unchanged"] == len(rows)
    assert await read_feed(client, database, "customer", before) == []
    orders[0]["lines"][0]["amount"] = 7
    assert (await bring("orders", ndjson(*orders)))["result"] == {"created": 0, "updated": 1, "unchanged": 5}
    [event] = await read_feed(client, database, "customer", before)
    assert event.type == "perennial.order.updated.v1"
    assert (event.read(dict)["version"], event.read(dict)["total_amount"]) == (2, 7)
    refund = {
        "external_id": mark,
        "source": "shop",
        "order_external_id": f"{mark}-1",
        "refunded_at": "2017-02-01T00:00:00Z",
    }
    line = {"line": 1, "quantity": 1, "amount": 101}
    bad = refund | {"external_id": f"{mark}x", "lines": [line]}
    assert (await bring("refunds", ndjson(refund | {"lines": [line]}, bad)))["result"]["created"] == 1


@pytest.mark.parametrize("resource", ["customers", "products", "stores"])
async def test_a_nul_is_an_error_of_its_line(client: TestClient, bring: Importer, resource: str) -> None:
    key = "store_id" if resource == "stores" else "external_id"
    rows = ndjson({key: unique(), "name": "a\0b"}, {key: unique(), "name": "a\\u0000b"})
    job = await bring(resource, rows)
    assert (job["status"], job["processed"]) == ("succeeded", 1), job
    [error] = await bring.errors(job)
    assert (error["position"], error["code"]) == (1, "invalid_line")
    assert "/name" in error["detail"]
    table = f"{key},name\n{unique()},x\0y\n{unique()},z\n".encode()
    job = await bring(resource, table, {"content-type": "text/csv"})
    assert (job["failed"], [e["position"] for e in await bring.errors(job)]) == (1, [2])


async def test_the_errors_of_an_import_do_not_tell_phones_and_addresses(client: TestClient, bring: Importer) -> None:
    line = {"product": {"external_id": "x"}, "quantity": 1, "amount": 1}
    order = {"placed_at": "2017-01-01T00:00:00Z", "currency": "USD", "lines": [line]}
    secrets = ("anna.secret@example.com", "+15559876543", "5559876543219876543", "anna.secret@@example.com")
    jobs = [
        await bring("customers", ndjson({"emails": [secrets[0]], "phones": [secrets[1]], "nickname": "x"})),
        await bring("customers", ndjson({"phones": [secrets[2]]}, {"emails": [secrets[3]]})),
        await bring(
            "orders", ndjson(*(order | {"customer": c} for c in ({"phone": secrets[1]}, {"email": secrets[0]})))
        ),
    ]
    for job in jobs:
        path = f"/v1/jobs/customer/{job['id']}/errors"
        assert job["failed"] == len((await client.get(path)).json()["data"])
        for accept in ("application/json", "application/x-ndjson", "text/csv"):
            seen = (await client.acting_as("customers:read").get(path, headers={"accept": accept})).text
            assert seen
            assert not [secret for secret in (*secrets, "secret", "987654") if secret in seen], seen
    whole = (await bring.errors(jobs[0]))[0]["content"]
    assert json.loads(whole)["emails"] == [secrets[0]]


async def test_a_touch_by_an_impossible_phone_is_an_error_of_its_line(client: TestClient, bring: Importer) -> None:
    card = unique()
    await client.post("/v1/customers", json={"cards": [card]})
    touch = {"kind": "visit", "occurred_at": "2017-01-01T00:00:00Z", "summary": "Asked for oat milk"}
    job = await bring(
        "interactions", ndjson(touch | {"customer": {"phone": "12"}}, touch | {"customer": {"card": card}})
    )
    assert (job["status"], job["processed"]) == ("succeeded", 1), job
    assert [(e["position"], e["code"]) for e in await bring.errors(job)] == [(1, "invalid_line")]


async def test_an_order_cancelled_stays_so_until_its_content_changes(client: TestClient, bring: Importer) -> None:
    mark = unique()
    await bring("customers", ndjson({"external_id": mark, "source": "shop"}))
    await bring("products", ndjson({"external_id": mark, "source": "shop"}))
    order = {
        "external_id": mark,
        "source": "shop",
        "customer": {"external_id": mark},
        "placed_at": "2017-01-01T11:53:26Z",
        "currency": "USD",
        "lines": [{"product": {"external_id": mark}, "quantity": 1, "amount": 100}],
    }
    await bring("orders", ndjson(order))
    path = f"/v1/orders/ext:shop:{mark}"
    cancelled = (await client.post(f"/v1/orders/{(await client.get(path)).json()['id']}/cancel")).json()
    assert (await bring("orders", ndjson(order)))["result"]["unchanged"] == 1
    assert (await client.get(path)).json() == cancelled
    assert (await bring("orders", ndjson(order | {"store_id": "330"})))["result"]["updated"] == 1
    assert (await client.get(path)).json()["cancelled_at"] is None


@pytest.mark.parametrize("mode", ["upsert", "insert", "replace"])
async def test_modes(client: TestClient, bring: Importer, mode: str) -> None:
    id = unique()
    await bring("products", ndjson({"external_id": id, "source": "shop", "name": "Old", "department": "D"}))
    job = await bring("products", ndjson({"external_id": id, "source": "shop", "name": "New"}), mode=mode)
    product = (await client.get(f"/v1/products/ext:shop:{id}")).json()
    expected = {"upsert": ("New", "D", 0), "insert": ("Old", "D", 1), "replace": ("New", None, 0)}[mode]
    assert (product["name"], product["department"], job["failed"]) == expected


async def test_a_rehearsal_changes_nothing_and_tells_the_errors(client: TestClient, bring: Importer) -> None:
    id = unique()
    job = await bring("products", ndjson({"external_id": id, "source": "shop"}, {"name": "x"}), dry_run=True)
    assert (job["processed"], job["failed"], job["result"]["created"]) == (1, 1, 1)
    assert (await client.get(f"/v1/products/ext:shop:{id}")).status_code == 404


async def test_csv_with_quotes_groups_and_line_numbers(client: TestClient, bring: Importer) -> None:
    mark = unique()
    csv = {"content-type": "text/csv; charset=utf-8"}
    head = "external_id,source,name,phone,attributes.city\n"
    anna = f'{mark},shop,"Müller, ""Anna""\nthe second",+15551230000;+15551230001,Köln\n'
    table = f"{head}{anna}\n{mark}x,Shop!,y,,\n"
    job = await bring("customers", b"\xef\xbb\xbf" + table.encode(), csv)
    assert [(e["position"], e["code"]) for e in await bring.errors(job)] == [(5, "invalid_line")]
    found = (await client.get(f"/v1/customers/ext:shop:{mark}")).json()
    assert found["name"] == 'Müller, "Anna"\nthe second'
    assert found["phones"] == ["+15551230000", "+15551230001"]
    assert found["attributes"]["city"]["value"] == "Köln"
    await bring("products", f"external_id,source\n{mark},shop\n".encode(), csv)
    rows = "\n".join(f"{mark}-{n // 2},shop,{mark},2017-01-01T00:00:00Z,USD,{mark},1,{n},5" for n in range(4))
    head = "external_id,source,customer_external_id,placed_at,currency,product_external_id,quantity,amount,"
    head += "discount_store\n"
    job = await bring("orders", (head + rows).encode(), csv)
    assert job["result"] == {"created": 2, "updated": 0, "unchanged": 0}, await bring.errors(job)
    order = (await client.get(f"/v1/orders/ext:shop:{mark}-1")).json()
    assert [(line["amount"], line["discounts"]) for line in order["lines"]] == [
        (2, [{"kind": "store", "amount": 5}]),
        (3, [{"kind": "store", "amount": 5}]),
    ]


async def test_a_row_with_more_cells_than_the_header_is_an_error(client: TestClient, bring: Importer) -> None:
    csv, mark = {"content-type": "text/csv"}, unique()
    job = await bring("products", f"external_id,source\n{mark},shop,,\n{mark}x,shop,red\n".encode(), csv)
    [error] = await bring.errors(job)
    assert (error["position"], error["code"]) == (3, "invalid_line")
    assert "more cells" in error["detail"]
    assert (await client.get(f"/v1/products/ext:shop:{mark}")).status_code == 200
    # A row of an order may not be missing from it: the whole order is refused.
    row = f"{mark},shop,2017-01-01T00:00:00Z,USD,{mark},1,1"
    head = "external_id,source,placed_at,currency,product_external_id,quantity,amount"
    job = await bring("orders", f"{head}\n{row}\n{row},9\n".encode(), csv)
    assert [(e["position"], "more cells" in e["detail"]) for e in await bring.errors(job)] == [(2, True)]


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        ('"external_id"x\n1\n', "unreadable_body", "Line 1 "),
        ('external_id\n1\n"2\n' + "3\n" * 600_000, "line_too_long", "line 3 "),
        ('external_id\n1\n"2\n3\n', "unreadable_body", "line 3."),
    ],
)
async def test_a_broken_csv_is_refused_with_its_line(client: TestClient, body: str, code: str, told: str) -> None:
    response = await client.post(
        "/v1/imports", params={"resource": "products"}, content=body.encode(), headers={"content-type": "text/csv"}
    )
    assert response.json()["code"] == code, response.text
    assert told in response.json()["detail"]


async def test_the_body_of_an_import_that_ended_early_is_forgotten(client: TestClient, database: Database) -> None:
    async def stage() -> UUID:
        body = ndjson({"external_id": unique(), "source": "shop"})
        response = await client.post("/v1/imports", params={"resource": "products"}, content=body, headers=NDJSON)
        return UUID(response.json()["id"])

    waiting, cancelled, failed = [await stage() for _ in range(3)]
    await client.delete(f"/v1/jobs/customer/{cancelled}")
    async with database.connection() as connection:
        await connection.execute("update jobs set status = 'failed' where id = $1", failed)
    async with database.transaction() as connection:
        await imports.forget_bodies(connection, [])
    async with database.connection() as connection:
        left = await connection.fetch("select job_id from import_chunks")
    assert {row["job_id"] for row in left} & {waiting, cancelled, failed} == {waiting}


async def test_gzip_and_idempotency(client: TestClient, bring: Importer) -> None:
    body = gzip.compress(ndjson({"external_id": unique(), "source": "shop"}))
    headers = NDJSON | {"content-encoding": "gzip", "idempotency-key": unique()}
    params = {"resource": "products"}
    first = await client.post("/v1/imports", params=params, content=body, headers=headers)
    again = await client.post("/v1/imports", params=params, content=body, headers=headers)
    assert first.status_code == 202, first.text
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    other = await client.post("/v1/imports", params=params, content=gzip.compress(b"{}"), headers=headers)
    assert other.status_code == 422
    assert (await bring.finish(first.json()["id"]))["processed"] == 1


@pytest.mark.parametrize(
    ("params", "headers", "body", "status", "code"),
    [
        ({"resource": "things"}, NDJSON, b"", 422, "invalid_request"),
        ({"resource": "orders", "mode": "x"}, NDJSON, b"", 422, "invalid_request"),
        ({"resource": "orders"}, {"content-type": "application/xml"}, b"<a/>", 415, "unsupported_media_type"),
        ({"resource": "orders"}, NDJSON | {"content-encoding": "gzip"}, b"plain", 400, "unreadable_body"),
        (
            {"resource": "orders"},
            NDJSON | {"content-encoding": "gzip"},
            gzip.compress(b"{}" * 999)[:-9],
            400,
            "unreadable_body",
        ),
        ({"resource": "orders"}, NDJSON | {"content-encoding": "br"}, b"x", 400, "unreadable_body"),
        ({"resource": "orders"}, NDJSON, b"x" * (3 << 20), 422, "line_too_long"),
        ({"resource": "products"}, {"content-type": "text/csv"}, b"external_id,colour\n1,red\n", 422, "unknown_column"),
        ({"resource": "products"}, {"content-type": "text/csv"}, b'external_id\n"1\n', 400, "unreadable_body"),
        ({"resource": "products"}, {"content-type": "text/csv"}, b"\xff\n", 400, "unreadable_body"),
    ],
)
async def test_an_unreadable_import_is_refused_whole(
    client: TestClient, params: dict[str, str], headers: dict[str, str], body: bytes, status: int, code: str
) -> None:
    before = (await client.get("/v1/jobs/customer")).json()["data"][:1]
    response = await client.post("/v1/imports", params=params, content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert (await client.get("/v1/jobs/customer")).json()["data"][:1] == before


async def test_chunks_keep_line_numbers_whatever_the_blocks() -> None:
    body = b"".join(b"line %d\n" % n for n in range(5000)) + b"the last"

    async def blocks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 777):
            yield body[start : start + 777]

    chunks = [chunk async for chunk in rules.chunked(rules.lines_of(blocks()), 1_000)]
    assert b"".join(chunk.content for chunk in chunks) == body + b"\n"
    assert [chunk.first_line for chunk in chunks] == [1, 1001, 2001, 3001, 4001, 5001]


@pytest.mark.parametrize(
    "wrong",
    [
        {"placed_at": "0001-01-01T00:00:00+14:00"},
        {"placed_at": "9999-12-31T23:59:59-12:00"},
        {"currency": "USD\n"},
        {"source": "shop\n"},
    ],
)
async def test_what_only_the_database_would_refuse_is_its_lines_fault(bring: Importer, wrong: dict[str, str]) -> None:
    mark = unique()
    await bring("customers", ndjson({"external_id": mark, "source": "shop"}))
    await bring("products", ndjson({"external_id": mark, "source": "shop"}))
    order = {
        "source": "shop",
        "customer": {"external_id": mark, "source": "shop"},
        "placed_at": "2017-01-01T11:53:26Z",
        "currency": "USD",
        "lines": [{"product": {"external_id": mark, "source": "shop"}, "quantity": 1, "amount": 100}],
    }
    job = await bring("orders", ndjson(order | {"external_id": "bad"} | wrong, order | {"external_id": mark}))
    assert (job["status"], job["processed"], job["failed"]) == ("succeeded", 1, 1)
    assert [(e["position"], e["code"]) for e in await bring.errors(job)] == [(1, "invalid_line")]


async def test_an_odd_cell_loses_no_other(client: TestClient, bring: Importer) -> None:
    source = unique()
    rows = [
        'a,{0},5" pipe',
        "b,{0},ok",
        '"c"d,{0},odd',
        "e,{0}," + "x" * 140_000,
        'f,{0},"two\n""lines"""',
        "g,{0},last",
    ]
    body = "external_id,source,name\n" + "\n".join(rows).format(source) + "\n"
    job = await bring("products", body.encode(), {"content-type": "text/csv"})
    assert (job["result"]["created"], job["failed"]) == (4, 2)
    assert [error["position"] for error in await bring.errors(job)] == [4, 5]
    names = [(await client.get(f"/v1/products/ext:{source}:{id}")).json()["name"] for id in "abfg"]
    assert names == ['5" pipe', "ok", 'two\n"lines"', "last"]


async def test_a_column_that_comes_twice_keeps_both_values(client: TestClient, bring: Importer) -> None:
    body = f"external_id,source,phone,phone\n1,{(source := unique())},+12125550101,+12125550102\n"
    await bring("customers", body.encode(), {"content-type": "text/csv"})
    found = (await client.get(f"/v1/customers/ext:{source}:1")).json()
    assert found["phones"] == ["+12125550101", "+12125550102"]
    headers = {"content-type": "text/csv"}
    twice = await client.post("/v1/imports?resource=products", content=b"name,name\na,b\n", headers=headers)
    assert (twice.status_code, twice.json()["code"]) == (422, "repeated_column")


@pytest.mark.parametrize(
    ("column", "value"), [("amount", "1e3"), ("amount", "1.0"), ("quantity", "1e3"), ("currency", "ZZZ")]
)
async def test_numbers_and_currencies_are_read_strictly(
    client: TestClient, bring: Importer, column: str, value: str
) -> None:
    cells = {"external_id": unique(), "currency": "USD", "quantity": "1", "amount": "100"} | {column: value}
    more = {"source": "shop", "customer_card": "1", "placed_at": "2026-06-01T10:00:00Z", "product_external_id": "1"}
    body = ",".join(cells | more) + "\n" + ",".join((cells | more).values()) + "\n"
    job = await bring("orders", body.encode(), {"content-type": "text/csv"})
    assert [error["code"] for error in await bring.errors(job)] == ["invalid_line"]
    [error] = await bring.errors(job)
    assert column in error["detail"]


async def test_an_order_with_rows_without_end_is_an_error_of_its_own(client: TestClient, bring: Importer) -> None:
    head = "external_id,source,customer_card,placed_at,currency,product_external_id,quantity,amount\n"
    row = f"{{}},{unique()},1,2026-06-01T10:00:00Z,USD,p,1,1\n"
    body = head + row.format("endless") * 2001 + row.format("next")
    job = await bring("orders", body.encode(), {"content-type": "text/csv"})
    errors = await bring.errors(job)
    assert [(error["position"], error["code"]) for error in errors] == [
        (2, "invalid_line"),
        (2003, "unknown_reference"),
    ]
    assert "2000 rows" in errors[0]["detail"]


async def test_an_import_leaves_one_entry_with_its_counts(client: TestClient, bring: Importer) -> None:
    job = await bring("products", ndjson({"external_id": unique()}, {"external_id": unique()}))
    resource = f"/v1/jobs/customer/{job['id']}"
    entries = (await client.get("/v1/audit/customer", params={"resource": resource})).json()["data"]
    assert [(entry["action"], entry["detail"]) for entry in entries] == [
        ("import_products", "created 2, updated 0, unchanged 0"),
        ("create_import", "products"),
    ]
