"""What paths name by other than ids."""

import uuid

from callcenter_hearsay import TICKET, customer, get, hear, post

from crmkit.data.db import Database
from crmkit.testing import TestClient


async def test_a_ticket_answers_to_its_number(client: TestClient) -> None:
    ticket = await post(client, "/v1/tickets", TICKET)
    path = f"/v1/tickets/no:{ticket['number']}"
    assert await get(client, path) == ticket
    await post(client, f"{path}/messages", {"kind": "note", "author_kind": "agent", "body": "Called back."})
    messages = await get(client, f"/v1/tickets/{ticket['id']}/messages")
    assert await get(client, f"{path}/messages") == messages
    assert (await client.get("/v1/tickets/no:999999999999999")).json()["code"] == "ticket_not_found"
    assert (await client.get("/v1/tickets/no:x")).status_code == 422


async def test_a_customers_tickets_are_found_by_external_id(client: TestClient, database: Database) -> None:
    id_, external_id = uuid.uuid4(), f"a/b {uuid.uuid4()}"
    await hear(database, customer(id_, external_ids=[{"source": "tcj", "external_id": external_id}]))
    ticket = await post(client, "/v1/tickets", TICKET | {"customer": {"id": str(id_)}})
    quoted = external_id.replace("/", "%2F").replace(" ", "%20")
    found = await get(client, f"/v1/customers/ext:tcj:{quoted}/tickets")
    assert [row["id"] for row in found["data"]] == [ticket["id"]]
    assert (await get(client, f"/v1/customers/ext:tcj:{quoted}/calls"))["data"] == []
    refused = await client.get("/v1/customers/ext:tcj:nobody/tickets")
    assert (refused.status_code, refused.json()["code"]) == (404, "customer_not_found")
