"""The door: who may come in, how often, and what they get to see."""

import uuid
from collections.abc import Mapping

import httpx
import pytest

from deploy.local.platform import Platform
from tests.conftest import Door, Login
from tests.feeds import events_of
from tests.story import Story

READER = ("customers:read", "segments:read", "campaigns:read", "tickets:read", "feeds:read")


@pytest.mark.parametrize("service", ["customer-svc", "segment-svc", "campaign-svc", "callcenter-svc"])
@pytest.mark.parametrize("header", [{}, {"X-Perennial-Token": "made.up.token"}, {"Authorization": "Bearer {key}"}])
def test_a_services_own_port_takes_only_the_gateways_token(
    environments: Mapping[str, dict[str, str]], platform: Platform, service: str, header: dict[str, str]
) -> None:
    url = f"http://127.0.0.1:{environments[service]['PERENNIAL_PORT']}/v1/feeds/{service.removesuffix('-svc')}"
    headers = {name: value.format(key=platform.admin_key) for name, value in header.items()}
    answer = httpx.get(url, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("path", ["%2e%2e/clients", "%2E%2e%2fclients", "x/%2e/y", "a//b", "a%5cb", "%00"])
def test_an_unsafe_path_goes_nowhere(door: Door, path: str) -> None:
    url = httpx.URL(door.url, raw_path=f"/v1/customers/{path}".encode())
    answer = httpx.get(url, headers={"Authorization": f"Bearer {door.admin_key}"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_key_and_a_missing_scope_are_told_apart(door: Door, login: Login) -> None:
    assert httpx.get(f"{door.url}/v1/customers", headers={"Authorization": "Bearer pk_x_y"}).status_code == 401
    assert login("tickets:read").get("/v1/customers").status_code == 403


def test_who_asks_too_often_is_told_when_to_come_again(login: Login) -> None:
    hasty = login("customers:read", requests_per_minute=5)
    answers = [hasty.get("/v1/products") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert answers[-1].json()["code"] == "too_many_requests"
    assert '"client";r=0' in answers[-1].headers["ratelimit"]


@pytest.mark.parametrize("path", ["/v1/customers", "/v1/tickets", "/v1/sponsors"])
def test_a_repeated_post_has_its_first_answer(admin: httpx.Client, path: str) -> None:
    ticket = {"type": "inquiry", "subject": "Milk", "body": "Is there any?", "channel": "web"}
    body, other = (ticket, {"subject": "Oats"}) if path == "/v1/tickets" else ({"name": "Twice"}, {"name": "Another"})
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first, again = (admin.post(path, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    refused = admin.post(path, json=body | other, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


PERSONAL = (
    "/v1/customers/{customer}",
    "/v1/customers/{customer}/identifiers",
    "/v1/customers/{customer}/360",
    "/v1/customers/{customer}/timeline",
    "/v1/customers/{customer}/tickets",
    "/v1/customers/{customer}/calls",
    "/v1/customers/lookup?email={email}",
    "/v1/customers/ext:{mark}:anna",
    "/v1/customers?q=Anna",
    "/v1/tickets/{ticket}",
    "/v1/tickets?customer_id={customer}",
    "/v1/calls/{call}",
    "/v1/calls",
    "/v1/screen-pop?phone={phone}",
    "/v1/survey-responses",
)


@pytest.mark.parametrize("form", ["application/json", "application/x-ndjson", "text/csv"])
@pytest.mark.parametrize("path", PERSONAL)
def test_who_may_not_see_personal_data_does_not(login: Login, story: Story, path: str, form: str) -> None:
    wanted = path.format(mark=story.mark, **story.ids | {"phone": story.ids["phone"].replace("+", "%2B")})
    answer = login(*READER).get(wanted, headers={"Accept": form})
    assert answer.status_code == 200
    assert not _secrets(story, answer.text)


def test_who_may_see_personal_data_does(login: Login, story: Story) -> None:
    profile = login("customers:read", "customers:pii").get(f"/v1/customers/{story.ids['customer']}").text
    assert _secrets(story, profile) == [story.ids["phone"], story.ids["email"]]


@pytest.mark.parametrize("service", ["customer", "segment", "campaign", "callcenter"])
def test_feeds_hide_personal_data_too(login: Login, story: Story, service: str) -> None:
    assert not _secrets(story, str(list(events_of(login(*READER), service))))


def _secrets(story: Story, text: str) -> list[str]:
    return [secret for secret in (story.ids["phone"], story.ids["email"]) if secret in text]
