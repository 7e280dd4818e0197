import uuid
from typing import Any

import pytest

from callcenter.surveys.schemas import SurveyResponse
from crmkit.data.db import Database
from crmkit.testing import TestClient, read_feed

CARD = {"card": "tcj-1"}


async def test_an_answer_is_classed_recorded_and_told(client: TestClient, database: Database) -> None:
    body = {"kind": "satisfaction", "perceived": 8.5, "expected": 8, "comment": "Fine", "customer": CARD}
    made = await client.post("/v1/survey-responses", json=body)
    assert made.status_code == 201, made.text
    SurveyResponse.model_validate(made.json(), extra="forbid")
    assert (made.json()["class"], made.json()["perceived"]) == ("highly_satisfied", 8.5)
    assert (await client.get(made.headers["location"])).json() == made.json()
    feed = await read_feed(client, database, "callcenter")
    (event,) = [event for event in feed if event.source == made.headers["location"]]
    assert event.type == "perennial.survey_response.recorded.v1"
    assert event.read(dict[str, Any]) == made.json()


async def test_an_answer_about_a_ticket_concerns_its_customer(client: TestClient) -> None:
    ticket = (
        await client.post(
            "/v1/tickets",
            json={
                "type": "inquiry",
                "subject": "a",
                "body": "b",
                "channel": "web",
                "customer": {"email": "a@example.com"},
            },
        )
    ).json()
    body = {"kind": "csat", "score": 2, "ticket_id": ticket["id"], "answered_at": "2026-06-01T12:00:00+02:00"}
    answer = (await client.post("/v1/survey-responses", json=body)).json()
    assert answer["customer"] == ticket["customer"]
    assert (answer["class"], answer["answered_at"]) == ("dissatisfied", "2026-06-01T10:00:00.000000Z")
    own = (await client.post("/v1/survey-responses", json=body | {"customer": CARD})).json()
    assert own["customer"]["handle"] == CARD
    listed = (
        await client.get("/v1/survey-responses", params={"ticket_id": ticket["id"], "class": "dissatisfied"})
    ).json()
    assert [one["id"] for one in listed["data"]] == [own["id"], answer["id"]]


async def test_a_repeated_answer_is_recorded_once(client: TestClient) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"kind": "nps", "score": 10, "customer": CARD}
    first = await client.post("/v1/survey-responses", json=body, headers=key)
    assert (await client.post("/v1/survey-responses", json=body, headers=key)).content == first.content


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "nps", "score": 11, "customer": CARD},
        {"kind": "csat", "score": 0, "customer": CARD},
        {"kind": "nps", "score": "9", "customer": CARD},
        {"kind": "nps", "score": 9},
        {"kind": "nps", "perceived": 1, "expected": 1, "customer": CARD},
        {"kind": "satisfaction", "score": 3, "customer": CARD},
        {"kind": "satisfaction", "perceived": 3, "expected": 0, "customer": CARD},
        {"kind": "nps", "score": 9, "ticket_id": str(uuid.uuid4())},
    ],
)
async def test_a_wrong_answer_is_refused(client: TestClient, body: dict[str, Any]) -> None:
    assert (await client.post("/v1/survey-responses", json=body)).status_code == 422


async def test_an_answer_that_is_not_there_is_404(client: TestClient) -> None:
    answer = await client.get(f"/v1/survey-responses/{uuid.uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (404, "survey_response_not_found")
