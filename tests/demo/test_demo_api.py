"""How the demo talks to the platform: every post may be sent again without being done again."""

from collections.abc import Callable

import httpx
import msgspec
import pytest

from demo import replay, till
from demo.api import Api, Refused
from demo.data import Basket, BasketLine

KEY = "Idempotency-Key"


class Thing(msgspec.Struct):
    id: int


def api(answer: Callable[[httpx.Request], httpx.Response]) -> Api:
    return Api(httpx.Client(transport=httpx.MockTransport(answer), base_url="http://platform"))


def test_a_post_whose_answer_was_lost_is_sent_again_under_the_same_key() -> None:
    keys: list[str] = []

    def lose_the_first(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers[KEY])
        if len(keys) == 1:
            raise httpx.RemoteProtocolError("the server left", request=request)
        return httpx.Response(201, json={"id": 1})

    assert api(lose_the_first).post("/v1/tickets", {}, Thing) == Thing(1)
    assert keys[0] == keys[1]


def test_a_post_that_was_answered_is_not_sent_again() -> None:
    asked: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(503, text="later")

    with pytest.raises(Refused, match="503 later"):
        api(refuse).send("/v1/tickets", {})
    assert len(asked) == 1


def test_each_thing_has_a_key_of_its_own() -> None:
    keys: list[str] = []
    done = {
        "id": "j", "status": "succeeded", "processed": 1, "failed": 0, "total": 1,
        "error": None, "errors_url": None, "started_at": None, "finished_at": None,
    }  # fmt: skip

    def take(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers[KEY])
        return httpx.Response(202, json=done)

    platform = api(take)
    for _ in range(2):
        platform.send("/v1/tickets", {})
        platform.run("/v1/scoring-runs", {})
        platform.upload("orders", [b"{}"])
    assert len(set(keys)) == len(keys) == 6


def test_a_basket_of_an_unknown_card_counts_for_nobody() -> None:
    basket = Basket(1, 2, 3, "2017-12-05T10:00:00Z", (BasketLine(7, 1, 199),))

    def sell_to(customer_id: str | None) -> replay.Bought:
        checkout = {"id": "c", "customer": {"id": customer_id}, "applied": []}
        sales = till.replay(api(lambda _: httpx.Response(200, json=checkout)), [basket])
        return replay._bought(sales, {"7": "MILK"})

    assert sell_to(None) == {}
    assert sell_to("a") == {"a": {"MILK"}}
