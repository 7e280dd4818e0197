from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from campaign.projections.rules import handle_of
from campaign.references import Buyer, ask
from campaign.schemas import CustomerRef

ANNA, BERT = UUID(int=1), UUID(int=2)
UNKNOWN = Buyer(None, "pending")
Answer = Callable[[httpx.Request], httpx.Response]


async def asked(reference: CustomerRef, answer: Answer) -> Buyer:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://gateway") as gateway:
        return await ask(gateway, reference, handle_of(reference, "US"), timeout_s=0.1)


def matches(*customers: UUID) -> Answer:
    return lambda _: httpx.Response(200, json={"data": [{"id": str(c), "name": "x"} for c in customers]})


async def test_a_handle_is_looked_up_by_its_kind() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return matches(ANNA)(request)

    for reference in (CustomerRef(card="c 1"), CustomerRef(phone="+15551234567"), CustomerRef(external_id="a/b")):
        assert await asked(reference, answer) == Buyer(ANNA)
    assert seen == [
        "http://gateway/v1/customers/lookup?card=c+1",
        "http://gateway/v1/customers/lookup?phone=%2B15551234567",
        "http://gateway/v1/customers/lookup?external_id=a%2Fb&source=default",
    ]


async def test_an_id_is_looked_up_by_itself() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == f"/v1/customers/{BERT}"
        return httpx.Response(200, json={"id": str(ANNA)})

    assert await asked(CustomerRef(id=BERT), answer) == Buyer(ANNA)
    assert await asked(CustomerRef(id=BERT), lambda _: httpx.Response(404)) == UNKNOWN


async def test_two_customers_are_ambiguous_and_none_is_unknown() -> None:
    named = CustomerRef(phone="415 555 0100")
    handle = handle_of(CustomerRef(phone="+14155550100"), "GB")
    assert await asked(named, matches(ANNA, BERT)) == Buyer(None, "ambiguous", (ANNA, BERT), handle)
    assert await asked(named, matches()) == Buyer(None, "pending", (), handle)
    assert await asked(named, lambda _: httpx.Response(422)) == Buyer(None, "pending", (), handle)


def fails(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectTimeout("too slow")


@pytest.mark.parametrize(
    "answer",
    [
        fails,
        lambda _: httpx.Response(503),
        lambda _: httpx.Response(403),
        lambda _: httpx.Response(200, text="<html>"),
    ],
)
async def test_a_customer_service_that_is_down_does_not_stop_the_till(answer: Answer) -> None:
    card = CustomerRef(card="1")
    assert await asked(card, answer) == Buyer(None, "pending", (), handle_of(card, "US"), is_guess=True)
    assert await asked(CustomerRef(id=ANNA), answer) == Buyer(ANNA, "pending", is_guess=True)
