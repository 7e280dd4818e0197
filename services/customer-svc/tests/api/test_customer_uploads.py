"""Uploads that take their time, and those that never end."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import FastAPI
from starlette.types import Message

from crmkit.data.db import Database
from crmkit.settings import Settings
from crmkit.testing import ADMIN, TestClient
from crmkit.web import auth
from customer.imports import service as imports

NDJSON = {"content-type": "application/x-ndjson"}
LINES_OF_A_CHUNK = 1_000


def lines(count: int) -> bytes:
    return b"".join(b'{"store_id": "%s"}\n' % uuid.uuid4().hex.encode() for _ in range(count))


async def staged(database: Database) -> set[UUID]:
    """The jobs and uploads of which something is staged."""
    async with database.connection() as connection:
        return {row[0] for row in await connection.fetch("select job_id from import_chunks")}


async def test_slow_uploads_leave_the_connections_to_others(client: TestClient, settings: Settings) -> None:
    go_on, waiting = asyncio.Event(), asyncio.Semaphore(0)
    uploads = settings.pool_size + 8

    async def slowly() -> AsyncIterator[bytes]:
        yield lines(LINES_OF_A_CHUNK + 1)
        waiting.release()
        await go_on.wait()
        yield lines(1)

    async def upload() -> dict[str, int]:
        response = await client.post("/v1/imports", params={"resource": "stores"}, content=slowly(), headers=NDJSON)
        assert response.status_code == 202, response.text
        job: dict[str, int] = response.json()
        return job

    under_way = [asyncio.create_task(upload()) for _ in range(uploads)]
    for _ in range(uploads):
        await waiting.acquire()
    async with asyncio.timeout(3):
        assert (await client.get("/v1/stores")).status_code == 200
    go_on.set()
    assert [job["total"] for job in await asyncio.gather(*under_way)] == [LINES_OF_A_CHUNK + 2] * uploads


async def test_an_upload_that_breaks_off_leaves_nothing(app: FastAPI, client: TestClient, database: Database) -> None:
    before, jobs = await staged(database), (await client.get("/v1/jobs/customer")).json()["data"][:1]
    halfway: list[set[UUID]] = []
    chunk: Message = {"type": "http.request", "body": lines(LINES_OF_A_CHUNK + 1), "more_body": True}
    messages = iter([chunk, {"type": "http.disconnect"}])

    async def receive() -> Message:
        halfway.append(await staged(database) - before)
        return next(messages)

    async def send(message: Message) -> None:
        """Nobody listens any more."""

    token = auth.mint(client.key, ADMIN, audience="customer")
    headers = [(b"content-type", b"application/x-ndjson"), (auth.HEADER.encode(), token.encode())]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/imports",
        "query_string": b"resource=stores",
        "headers": headers,
    }
    await app(scope, receive, send)
    assert [len(found) for found in halfway] == [0, 1]
    assert await staged(database) == before
    assert (await client.get("/v1/jobs/customer")).json()["data"][:1] == jobs


async def test_a_refused_upload_leaves_nothing(client: TestClient, database: Database) -> None:
    before = await staged(database)
    body = lines(LINES_OF_A_CHUNK + 1) + b"x" * (3 << 20)
    response = await client.post("/v1/imports", params={"resource": "stores"}, content=body, headers=NDJSON)
    assert response.status_code == 422
    assert await staged(database) == before


async def test_a_repeated_upload_stages_nothing_twice(client: TestClient, database: Database) -> None:
    body, headers = lines(1), NDJSON | {"idempotency-key": uuid.uuid4().hex}
    params = {"resource": "stores"}
    first = await client.post("/v1/imports", params=params, content=body, headers=headers)
    before = await staged(database)
    again = await client.post("/v1/imports", params=params, content=body, headers=headers)
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.json(), await staged(database)) == (first.json(), before)


async def test_what_came_of_an_upload_whose_process_died_is_swept(client: TestClient, database: Database) -> None:
    dead, slow = uuid.uuid4(), uuid.uuid4()
    long_ago = datetime.now(UTC) - 2 * imports.IDLE
    async with database.connection() as connection:
        rows = [
            (dead, 0, long_ago),
            (dead, 1, long_ago),
            (slow, 0, long_ago),
            (slow, 1, datetime.now(UTC) - imports.IDLE + timedelta(minutes=1)),
        ]
        await connection.executemany(
            "insert into import_chunks (job_id, number, first_line, content, staged_at) values ($1, $2, 1, '', $3)",
            rows,
        )
    async with database.transaction() as connection:
        await imports.forget_bodies(connection, [])
    assert await staged(database) & {dead, slow} == {slow}


async def test_an_import_of_which_something_was_swept_is_refused(client: TestClient, database: Database) -> None:
    before = await staged(database)

    async def paused() -> AsyncIterator[bytes]:
        yield lines(LINES_OF_A_CHUNK + 1)
        async with database.connection() as connection:
            ids = list(await staged(database) - before)
            await connection.execute("delete from import_chunks where job_id = any($1)", ids)
        yield lines(1)

    response = await client.post("/v1/imports", params={"resource": "stores"}, content=paused(), headers=NDJSON)
    assert (response.status_code, response.json()["code"]) == (408, "upload_abandoned")
    assert await staged(database) == before
