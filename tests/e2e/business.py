"""A small business, always the same: what is told to a platform, and what is there in the end."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from tests.feeds import events_of

Json = dict[str, Any]

SOURCE = "kill"
AS_OF = datetime(2017, 12, 4, tzinfo=UTC)
TYPES, CUSTOMERS, ORDERS = 24, 300, 4
NDJSON = "application/x-ndjson"


def named(name: object) -> Json:
    return {"external_id": str(name), "source": SOURCE}


def products() -> list[Json]:
    return [
        named(number) | {
            "name": f"Product {number}", "department": "GROCERY", "product_category": f"CATEGORY {number % 6}",
            "product_type": f"TYPE {number}", "brand": ("national", "private")[number % 2],
        }
        for number in range(TYPES)
    ]  # fmt: skip


def customers() -> list[Json]:
    return [named(number) for number in range(CUSTOMERS)]


def orders() -> list[Json]:
    """Four orders of three lines a customer, over the last half year."""
    chance = random.Random(7)
    return [_order(chance, number) for number in range(CUSTOMERS * ORDERS)]


def _order(chance: random.Random, number: int) -> Json:
    bought = chance.sample(range(TYPES), 3)
    lines = [
        {"product": named(product), "quantity": chance.randrange(1, 5), "amount": chance.randrange(500, 9_000)}
        for product in bought
    ]
    placed_at = AS_OF - timedelta(minutes=chance.randrange(24 * 60, 180 * 24 * 60))
    placed = {"placed_at": placed_at.isoformat(), "store_id": "1", "currency": "USD"}
    return named(number) | placed | {"customer": named(number % CUSTOMERS), "lines": lines}


def as_ndjson(documents: list[Json]) -> bytes:
    return b"".join(msgspec.json.encode(document) + b"\n" for document in documents)


def offers() -> list[Json]:
    return [
        {"name": f"Type {number}", "kind": "percentage", "percent": 10, "target": {"product_type": f"TYPE {number}"}}
        for number in range(0, TYPES, 2)
    ]


def campaign() -> Json:
    """Everybody is treated: whom chance leaves out would hang on ids, which are never the same."""
    return {
        "name": "December", "goal": "Sell more", "audience": {"weekly_spend_gte": 1}, "control_share": 0,
        "budget_amount": 0, "starts_at": "2017-12-04T05:00:00Z", "ends_at": "2017-12-18T05:00:00Z",
    }  # fmt: skip


@dataclass(frozen=True)
class EndState:
    """Everything that must be the same on any platform, by the business's own names.

    told: how often which event was told of whom; coupons: how many there are, and how many different codes.
    """

    orders: dict[str, Any]
    scores: dict[str, Any]
    next_purchases: dict[str, Any]
    lists: dict[str, Any]
    told: Counter[tuple[str, str]]
    coupons: tuple[int, int]


def end_state(client: httpx.Client) -> EndState:
    who = {row["id"]: row["external_ids"][0]["external_id"] for row in _stream(client, "/v1/customers")}
    what = {row["id"]: row["external_id"] for row in _stream(client, "/v1/products")}
    as_of = AS_OF.date().isoformat()
    lists = list(_stream(client, "/v1/shopping-lists"))
    codes = [row["code"] for row in _stream(client, "/v1/coupons")]
    assert sorted(codes) == sorted(line["coupon_code"] for each in lists for line in each["lines"] if line["offer"])
    scores = list(_stream(client, "/v1/scores", as_of=as_of))
    purchases = list(_stream(client, "/v1/next-purchases", as_of=as_of))
    return EndState(
        orders={row["external_id"]: _told_order(row, who, what) for row in _stream(client, "/v1/orders")},
        scores={row["external_id"]: _without(row, "customer_id", "run_id", "computed_at") for row in scores},
        next_purchases={(row["external_id"], row["rank"]): _told_purchase(row, what) for row in purchases},
        lists={who[each["customer"]["id"]]: [_told_line(line, what) for line in each["lines"]] for each in lists},
        told=_told(client, who),
        coupons=(len(codes), len(set(codes))),
    )


def _told_order(order: Json, who: dict[str, str], what: dict[str, str]) -> Any:
    lines = [(what[line["product"]["id"]], line["quantity"], line["amount"]) for line in order["lines"]]
    return who[order["customer"]["id"]], order["version"], order["total_amount"], lines


def _told_purchase(row: Json, what: dict[str, str]) -> Json:
    typical = row["typical_product"] and what[row["typical_product"]["id"]]
    kept = _without(row, "customer_id", "run_id")
    return kept | {"typical_product": typical, "score": round(row["score"], 6)}


def _told_line(line: Json, what: dict[str, str]) -> Any:
    product = line["product"] and what[line["product"]["id"]]
    return line["rank"], line["product_type"], product, line["offer"] and line["offer"]["name"]


def _told(client: httpx.Client, who: dict[str, str]) -> Counter[tuple[str, str]]:
    """Orders, scores and lists of every feed: the event's type and whom or what it is about."""
    return Counter(
        (event["type"], event["data"].get("external_id") or who.get(event["subject"], event["subject"]))
        for service in ("customer", "segment", "campaign")
        for event in events_of(client, service)
        if event.get("subject")
    )


def _without(row: Json, *names: str) -> Json:
    return {name: value for name, value in row.items() if name not in names}


def _stream(client: httpx.Client, path: str, **params: str) -> Iterator[Json]:
    response = client.get(path, params=params, headers={"Accept": NDJSON}, timeout=120)
    assert response.status_code == 200, response.text
    for line in response.text.splitlines():
        yield msgspec.json.decode(line)
