"""What HTTP itself promises: HEAD, 304, no copies kept, and paths that name things by their handles."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from crmkit.testing import TestClient


@pytest.fixture
async def thing(client: TestClient) -> dict[str, Any]:
    """A thing whose name needs every escape, and whose size no other has."""
    size = uuid4().int % 10**15
    new = {"name": f"a/b %2F {uuid4()} ü?#:", "size": size}
    made: dict[str, Any] = (await client.post("/v1/things", json=new)).raise_for_status().json()
    return made


@pytest.mark.parametrize("under", ["", "/name"])
async def test_a_thing_answers_to_its_handles(client: TestClient, thing: dict[str, Any], under: str) -> None:
    whole = await client.get(f"/v1/things/{thing['id']}{under}")
    number = str(thing["size"]).split(".")[0]
    for handle in (f"ext:till:{quote(thing['name'], safe='')}", f"no:{number}"):
        assert (await client.get(f"/v1/things/{handle}{under}")).json() == whole.json()


@pytest.mark.parametrize(
    ("handle", "status", "code"),
    [
        ("ext:till:nobody", 404, "thing_not_found"),
        ("ext:other:nobody", 404, "thing_not_found"),
        ("no:999999999999999999", 404, "thing_not_found"),
        ("no:9999999999999999999999", 422, "invalid_request"),
        ("no:", 422, "invalid_request"),
        ("no:-1", 422, "invalid_request"),
        ("no:%C2%B2", 422, "invalid_request"),
        ("ext:till", 422, "invalid_request"),
        ("ext:till:a%00", 422, "invalid_request"),
        ("card:1", 422, "invalid_request"),
        ("a", 422, "invalid_request"),
    ],
)
async def test_a_handle_that_is_none_is_told(client: TestClient, handle: str, status: int, code: str) -> None:
    answer = await client.get(f"/v1/things/{handle}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_what_the_caller_has_is_not_sent_again(client: TestClient, thing: dict[str, Any]) -> None:
    for path in (f"/v1/things/{thing['id']}", f"/v1/things?ids={thing['id']}", f"/v1/things/{thing['id']}/name"):
        first = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert (await client.get(path, headers={"If-None-Match": '"x"'})).status_code == 200


async def test_whatever_takes_get_takes_head(client: TestClient, thing: dict[str, Any]) -> None:
    for path in (f"/v1/things/{thing['id']}", f"/v1/things?ids={thing['id']}", "/v1/feeds/sample/head", "/healthz"):
        got, headed = await client.get(path), await client.head(path)
        assert (headed.status_code, headed.content) == (got.status_code, b"")
        names = ("content-type", "content-length", "etag")
        assert [headed.headers.get(name) for name in names] == [got.headers.get(name) for name in names]
    assert (await client.head(f"/v1/things/{uuid4()}")).status_code == 404
    assert (await client.head("/v1/things/swap?first=1")).status_code in {405, 422}


async def test_a_head_of_a_stream_reads_nothing(client: TestClient) -> None:
    headed = await client.head("/v1/things", headers={"accept": "text/csv"})
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["content-type"].startswith("text/csv")


async def test_no_cache_keeps_what_the_api_answers(client: TestClient, thing: dict[str, Any]) -> None:
    for path in (f"/v1/things/{thing['id']}", "/v1/things", f"/v1/things/{uuid4()}", "/v1/things?colour=red"):
        assert (await client.get(path)).headers["cache-control"] == "no-store"
    stream = await client.get("/v1/things", headers={"accept": "application/x-ndjson"})
    assert stream.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("half", [r"\ud83d", r"\uDE00", r"\ud83d x", r"\ude00\ud83d", r"\\\ud83d"])
async def test_half_a_surrogate_pair_harms_only_its_item(client: TestClient, half: str) -> None:
    body = f'{{"items": [{{"name": "{half}"}}, {{"name": "\\ud83d\\ude00 \\\\ud83d"}}, {{"{half}": 1}}]}}'
    answer = await client.post("/v1/things/batch", content=body, headers={"content-type": "application/json"})
    results = answer.json()["data"]
    assert [result["status"] for result in results] == [422, 200, 422]
    faults = [result["problem"]["errors"][0] for result in (results[0], results[2])]
    assert [(fault["pointer"], fault["code"]) for fault in faults] == [("/name", "unstorable"), ("", "unstorable")]


async def test_a_nul_in_a_query_is_refused_before_the_database_sees_it(client: TestClient) -> None:
    answer = await client.get("/v1/things?name=a%00b")
    assert answer.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("/query/name", "unstorable")]


async def test_a_value_of_ours_that_cannot_be_stored_is_our_fault(client: TestClient) -> None:
    answer = await client.get("/v1/out-of-range")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")


async def test_a_streamed_body_is_not_read_twice(client: TestClient) -> None:
    answer = await client.post("/v1/uploads", content=b"deadlock")
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
    assert answer.headers["retry-after"] == "1"
