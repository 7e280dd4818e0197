"""A little of everything, done through the gateway: every kind of event is emitted, every resource exists once."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from tests.waiting import caught_up, eventually, job_of

Json = dict[str, Any]


@dataclass
class Story:
    """What was made: `ids` by noun; whatever has a name of its own carries `mark`."""

    client: httpx.Client
    mark: str = field(default_factory=lambda: f"story-{os.urandom(3).hex()}")
    ids: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, body: Json | None = None) -> Json:
        response = self.client.post(path, json=body)
        assert response.is_success, f"POST {path}: {response.text}"
        made: Json = response.json()
        return made

    def patch(self, path: str, body: Json) -> None:
        response = self.client.patch(path, json=body)
        assert response.is_success, f"PATCH {path}: {response.text}"

    def delete(self, path: str, **params: str) -> None:
        response = self.client.delete(path, params=params)
        assert response.status_code == 204, f"DELETE {path}: {response.text}"

    def bring_in(self, resource: str, *lines: Json, mode: str = "upsert") -> None:
        body = b"\n".join(msgspec.json.encode(line) for line in lines)
        headers = {"Content-Type": "application/x-ndjson"}
        params = {"resource": resource, "mode": mode}
        job = job_of(self.client, self.client.post("/v1/imports", params=params, content=body, headers=headers))
        assert job["failed"] == 0, self.client.get(job["errors_url"]).text

    def named(self, name: str) -> Json:
        """A reference to what this story calls so."""
        return {"external_id": name, "source": self.mark}


def play(client: httpx.Client) -> Story:
    """Shop, complain, be scored, get a list, use it."""
    story = Story(client)
    _open_shop(story)
    _know_customers(story)
    _sell(story)
    _answer_the_phone(story)
    _hear(story)
    _score(story)
    _promote(story)
    _make_lists(story)
    _check_out(story)
    for feed, consumer in (("customer", "callcenter"), ("callcenter", "customer"), ("campaign", "customer")):
        caught_up(client, feed, consumer)
    return story


def _open_shop(story: Story) -> None:
    story.ids["store"] = story.post("/v1/stores", {"store_id": story.mark, "name": "Main Street"})["id"]
    story.bring_in("stores", {"store_id": story.mark, "address": "1 Main Street"})
    goods = {"department": "GROCERY", "product_category": "FLUID MILK", "brand": "private", "manufacturer_id": "69"}
    milk = story.post("/v1/products", story.named("milk") | goods | {"name": "Milk", "product_type": "WHITE MILK"})
    story.ids["product"] = milk["id"]
    others = [story.named(name) | goods | {"name": name, "product_type": name} for name in ("bread", "eggs")]
    story.post("/v1/products/batch", {"items": others})
    gone = story.post("/v1/products", story.named("fax paper"))
    story.delete(f"/v1/products/{gone['id']}")


def _know_customers(story: Story) -> None:
    anna = {
        "name": "Anna Müller",
        "phones": [phone()],
        "emails": [f"anna@{story.mark}.example"],
        "cards": [f"{story.mark}-card"],
        "attributes": {"age_band": {"value": "35-44", "source": "third_party"}},
    }
    made = story.post("/v1/customers", story.named("anna") | anna)
    story.ids |= {"customer": made["id"], "phone": made["phones"][0], "email": made["emails"][0]}
    story.patch(f"/v1/customers/{made['id']}", {"attributes": {"pets": {"value": 2}}})
    story.post(f"/v1/customers/{made['id']}/identifiers", {"kind": "social", "value": story.mark})
    story.post("/v1/customers/batch", {"items": [story.named("bob") | {"name": "王小明"}]})
    about = {"kind": "visit", "occurred_at": _ago(days=3), "summary": "Asked for oat milk"}
    story.ids["interaction"] = story.post("/v1/interactions", {"customer": {"id": made["id"]}} | about)["id"]


def _sell(story: Story) -> None:
    orders = [_order(story, f"order-{week}", days=7 * week + 1) for week in range(8)]
    story.bring_in("orders", *orders)
    story.bring_in("orders", _order(story, "order-0", days=1, quantity=12), mode="replace")
    story.ids["order"] = story.post("/v1/orders", _order(story, "posted", days=2))["id"]
    lines = [{"line": 1, "quantity": 1, "amount": 500}]
    refund = {"refunded_at": _ago(days=1), "lines": lines, **story.named("refund")}
    story.ids["refund"] = story.post(f"/v1/orders/{story.ids['order']}/refunds", refund)["id"]
    regretted = story.post("/v1/orders", _order(story, "regretted", days=2))
    story.post(f"/v1/orders/{regretted['id']}/cancel")


def _order(story: Story, name: str, *, days: int, quantity: int = 10, customer: str = "anna") -> Json:
    lines = [
        {"product": story.named(product), "quantity": quantity, "amount": quantity * 500, "discounts": []}
        for product in ("milk", "bread")
    ]
    placed = {"placed_at": _ago(days=days), "store_id": story.mark, "currency": "USD"}
    return story.named(name) | placed | {"customer": story.named(customer), "lines": lines}


def _answer_the_phone(story: Story) -> None:
    call = {"call_id": story.mark, "from": story.ids["phone"], "to": "+18005550199", "direction": "inbound"}
    for type_ in ("ringing", "answered", "ended"):
        told = story.post("/v1/call-events", call | {"type": type_, "at": _ago()})
    story.ids["call"] = told["id"]
    story.patch(f"/v1/calls/{told['id']}", {"disposition": "complaint taken"})
    ticket = {"type": "complaint", "subject": "Sour milk", "body": "It was sour.", "channel": "phone"}
    made = story.post("/v1/tickets", ticket | {"customer": {"phone": story.ids["phone"]}, "severity": "medium"})
    story.ids["ticket"] = made["id"]
    reply = {"author_kind": "agent", "body": "We are sorry."}
    story.post(f"/v1/tickets/{made['id']}/messages", reply)
    story.post(f"/v1/tickets/{made['id']}/actions", {"action": "solve"})
    story.post("/v1/tickets/batch", {"items": [ticket]})


def _hear(story: Story) -> None:
    """One answer of a customer known, one of a customer who becomes known afterwards."""
    answer = {"kind": "satisfaction", "perceived": 8, "expected": 7, "customer": {"id": story.ids["customer"]}}
    story.ids["survey_response"] = story.post("/v1/survey-responses", answer)["id"]
    early = story.post("/v1/survey-responses", {"kind": "nps", "score": 9, "customer": story.named("carla")})
    story.ids["late_customer"] = story.post("/v1/customers", story.named("carla") | {"name": "Carla"})["id"]

    def linked() -> bool:
        customer = story.client.get(f"/v1/survey-responses/{early['id']}").json()["customer"]
        return bool(customer["id"] == story.ids["late_customer"])

    eventually(linked)


def _score(story: Story) -> None:
    caught_up(story.client, "customer", "segment")
    thresholds: Json = {"name": story.mark}
    story.ids["scoring_model"] = story.post("/v1/scoring-models", thresholds)["id"]
    job = job_of(story.client, story.client.post("/v1/scoring-runs", json={}))
    story.ids["scoring_run"] = job["id"]
    story.ids["as_of"] = story.client.get(f"/v1/scoring-runs/{job['id']}").json()["as_of"]


def _promote(story: Story) -> None:
    sponsor = story.post("/v1/sponsors", {"name": f"{story.mark} dairy"})
    story.patch(f"/v1/sponsors/{sponsor['id']}", {"name": f"{story.mark} dairies"})
    story.ids["sponsor"] = sponsor["id"]
    forgotten = story.post("/v1/sponsors", {"name": f"{story.mark} nobody"})
    story.delete(f"/v1/sponsors/{forgotten['id']}")
    milk = {"target": {"product_type": "WHITE MILK"}, "sponsor_id": sponsor["id"], "sponsor_share": 0.5}
    offer = {"name": "Milk, 20 % off", "kind": "percentage", "percent": 20} | milk
    story.ids["offer"] = story.post("/v1/offers", offer)["id"]
    story.patch(f"/v1/offers/{story.ids['offer']}", {"name": "Milk, a fifth off"})
    story.post("/v1/offers/batch", {"items": [offer | {"target": {"product_type": "eggs"}}]})
    old = story.post("/v1/offers", offer)
    story.delete(f"/v1/offers/{old['id']}")
    story.ids["spare_campaign"] = _campaign(story)["id"]
    paused = _campaign(story)
    story.patch(f"/v1/campaigns/{paused['id']}", {"goal": "Sell more, sooner"})
    for step in ("launch", "pause", "launch", "end"):
        story.post(f"/v1/campaigns/{paused['id']}/{step}")


def _campaign(story: Story) -> Json:
    period = {"starts_at": _ago(days=1), "ends_at": _ago(days=-14)}
    about = {"name": f"{story.mark} lists", "goal": "Sell more milk", "audience": {"weekly_spend_gte": 100}}
    return story.post("/v1/campaigns", about | period | {"control_share": 0, "budget_amount": 1_000_000})


def _make_lists(story: Story) -> None:
    campaign = _campaign(story)
    story.ids["campaign"] = campaign["id"]
    story.post(f"/v1/campaigns/{campaign['id']}/launch")
    caught_up(story.client, "customer", "campaign")
    wanted = {"campaign_id": campaign["id"], "as_of": story.ids["as_of"]}
    job_of(story.client, story.client.post("/v1/shopping-lists", json=wanted))
    lists = story.client.get("/v1/shopping-lists", params={"campaign_id": campaign["id"]}).json()["data"]
    anna = next(each for each in lists if each["customer"]["id"] == story.ids["customer"])
    story.ids |= {"shopping_list": anna["id"], "list_code": anna["list_code"]}
    story.ids["coupon_batch"] = _batch(story)


def _batch(story: Story) -> str:
    """A batch of bearer coupons, of which one is redeemed and given back, and one left."""
    wanted = {"offer_id": story.ids["offer"], "count": 5, "valid_until": _ago(days=-30)}
    job = job_of(story.client, story.client.post("/v1/coupon-batches", json=wanted))
    batch: str = job["params"]["batch_id"]
    coupons = story.client.get(f"/v1/coupon-batches/{batch}/coupons").json()["data"]
    used, story.ids["coupon"], *_ = (coupon["code"] for coupon in coupons)
    redemption = story.post("/v1/redemptions", {"code": used, "store_id": story.mark})
    story.ids["redemption"] = redemption["id"]
    story.post(f"/v1/redemptions/{redemption['id']}/reverse")
    return batch


def _check_out(story: Story) -> None:
    lines = [{"product": story.named("milk"), "quantity": 2, "unit_amount": 500}]
    basket = {"store_id": story.mark, "currency": "USD", "lines": lines}
    kept = story.post("/v1/checkouts", basket | {"customer": {"card": f"{story.mark}-card"}})
    story.ids["checkout"] = kept["id"]
    order = {"external_id": "from-checkout", "source": story.mark, "placed_at": _ago()}
    story.post(f"/v1/checkouts/{kept['id']}/confirm", {"order": order})
    left = story.post("/v1/checkouts", basket)
    story.post(f"/v1/checkouts/{left['id']}/cancel")


def _ago(*, days: int = 0) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def phone() -> str:
    """A number that nobody has yet, most likely."""
    return f"+1415555{int.from_bytes(os.urandom(2)) % 10_000:04}"
