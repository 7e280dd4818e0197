"""For every operation a request that must succeed, made of what the story left behind."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.story import Json, Story

_TICKET: Json = {"type": "inquiry", "subject": "Oat milk", "body": "Is there any?", "channel": "web"}

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Recipe:
    """The parts of a request; a body left out is the document's own example."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json | list[Json] | bytes | None = None
    media_type: str | None = None


# Whose id stands where a path has a parameter below this noun.
OWNERS: Mapping[str, str] = {
    "customers": "customer",
    "products": "product",
    "orders": "order",
    "refunds": "refund",
    "stores": "store",
    "interactions": "interaction",
    "scoring-models": "scoring_model",
    "scoring-runs": "scoring_run",
    "sponsors": "sponsor",
    "offers": "offer",
    "campaigns": "spare_campaign",
    "coupons": "coupon",
    "coupon-batches": "coupon_batch",
    "shopping-lists": "shopping_list",
    "checkouts": "checkout",
    "redemptions": "redemption",
    "tickets": "ticket",
    "calls": "call",
    "survey-responses": "survey_response",
}


def known_path(story: Story, path: str, names: list[str]) -> dict[str, str]:
    """Values for a path's parameters that name something of the story."""
    noun, *below = path.removeprefix("/v1/").split("/")
    if not names:
        return {}
    if noun == "jobs":
        return {"id": _finished_job(story, below[0])}
    if noun == "clients":
        return {"client_id": _new_client(story)}
    return dict.fromkeys(names, story.ids[OWNERS[noun]])


def recipe(story: Story, operation_id: str) -> Recipe | None:
    """What must be sent where the path's own ids and the document's example do not do."""
    make = _RECIPES.get(operation_id)
    return make(story) if make else None


def _new(story: Story) -> str:
    return f"{story.mark}-{next(_numbers)}"


def _later(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def _finished_job(story: Story, service: str) -> str:
    jobs = story.client.get(f"/v1/jobs/{service}").json()["data"]
    return str(jobs[-1]["id"])


def _new_client(story: Story) -> str:
    client = {"name": _new(story), "scopes": ["customers:read"]}
    return str(story.post("/v1/clients", client)["id"])


def _new_ticket(story: Story) -> str:
    return str(story.post("/v1/tickets", _TICKET)["id"])


def _order(story: Story) -> Json:
    line = {"product": story.named("milk"), "quantity": 1, "amount": 500}
    placed = {"placed_at": _later(-1), "currency": "USD", "customer": story.named("anna")}
    return story.named(_new(story)) | placed | {"lines": [line]}


def _basket(story: Story) -> Json:
    lines = [{"product": story.named("milk"), "quantity": 1, "unit_amount": 500}]
    return {"store_id": story.mark, "currency": "USD", "lines": lines}


def _batch(story: Story) -> Json:
    return {"offer_id": story.ids["offer"], "count": 1, "valid_until": _later(30)}


def _lists(story: Story) -> Json:
    return {"campaign_id": story.ids["campaign"], "as_of": story.ids["as_of"]}


def _coupon(story: Story) -> Json:
    issued = story.client.get(f"/v1/coupon-batches/{story.ids['coupon_batch']}/coupons").json()["data"]
    code = next(coupon["code"] for coupon in issued if coupon["status"] == "issued")
    return {"code": code, "store_id": story.mark}


def _made(story: Story, path: str, body: Json) -> Recipe:
    return Recipe(path={"id": story.post(path, body)["id"]})


def _running_job(story: Story, service: str) -> Recipe:
    """A job too long to be over before it is cancelled."""
    if service == "customer":
        params, headers = {"resource": "interactions"}, {"Content-Type": "application/x-ndjson"}
        job = story.client.post("/v1/imports", params=params, headers=headers, content=b"{}\n" * 60_000).json()
    elif service == "campaign":
        job = story.post("/v1/coupon-batches", _batch(story) | {"count": 200_000})
    else:
        job = story.post("/v1/scoring-runs", {})
    return Recipe(path={"id": job["id"]})


def _import(story: Story) -> Recipe:
    line = b'{"store_id": "%s"}\n' % _new(story).encode()
    return Recipe(query={"resource": "stores"}, body=line, media_type="application/x-ndjson")


def _named(story: Story) -> Recipe:
    return Recipe(body=story.named(_new(story)))


def _client(story: Story) -> Recipe:
    return Recipe(body={"name": _new(story), "scopes": ["customers:read"]})


def _campaign_to(story: Story, *steps: str) -> Recipe:
    """A campaign of its own, as far as it must be."""
    period = {"starts_at": _later(0), "ends_at": _later(14)}
    about = {"name": _new(story), "goal": "Sell more", "audience": {}, "control_share": 0, "budget_amount": 0}
    campaign = story.post("/v1/campaigns", about | period)
    for step in steps:
        story.post(f"/v1/campaigns/{campaign['id']}/{step}")
    return Recipe(path={"id": campaign["id"]})


_RECIPES: Mapping[str, Callable[[Story], Recipe]] = {
    "create_customer": _named,
    "look_up_customers": lambda story: Recipe(query={"email": story.ids["email"]}),
    "add_identifier": lambda story: Recipe(body={"kind": "social", "value": _new(story)}),
    "remove_identifier": lambda story: Recipe(query={"kind": "social", "value": story.mark}),
    "create_product": _named,
    "archive_product": lambda story: _made(story, "/v1/products", story.named(_new(story))),
    "create_order": lambda story: Recipe(body=_order(story)),
    "cancel_order": lambda story: _made(story, "/v1/orders", _order(story)),
    "create_refund": lambda _: Recipe(
        body={"refunded_at": _later(0), "lines": [{"line": 1, "quantity": 1, "amount": 1}]}
    ),
    "create_store": lambda story: Recipe(body={"store_id": _new(story)}),
    "create_interaction": lambda story: Recipe(
        body={"customer": story.named("anna"), "kind": "note", "occurred_at": _later(-1), "summary": "Likes milk"}
    ),
    "create_import": _import,
    "cancel_customer_job": lambda story: _running_job(story, "customer"),
    "create_scoring_model": lambda story: Recipe(body={"name": _new(story)}),
    "create_scoring_run": lambda _: Recipe(body={}),
    "cancel_segment_job": lambda story: _running_job(story, "segment"),
    "create_sponsor": lambda story: Recipe(body={"name": _new(story)}),
    "update_sponsor": lambda story: Recipe(body={"name": _new(story)}),
    "archive_sponsor": lambda story: _made(story, "/v1/sponsors", {"name": _new(story)}),
    "update_offer": lambda _: Recipe(body={"name": "Milk, a fifth off"}),
    "archive_offer": lambda story: _made(
        story, "/v1/offers", {"name": "x", "kind": "percentage", "percent": 1, "target": {"product_type": "eggs"}}
    ),
    "update_campaign": lambda _: Recipe(body={"goal": "Sell more"}),
    "launch_campaign": _campaign_to,
    "pause_campaign": lambda story: _campaign_to(story, "launch"),
    "end_campaign": lambda story: _campaign_to(story, "launch"),
    "create_coupon_batch": lambda story: Recipe(body=_batch(story)),
    "create_shopping_lists": lambda story: Recipe(body=_lists(story)),
    "cancel_campaign_job": lambda story: _running_job(story, "campaign"),
    "create_qualification": lambda story: Recipe(body=_basket(story)),
    "create_checkout": lambda story: Recipe(body=_basket(story)),
    "confirm_checkout": lambda story: Recipe(path=_made(story, "/v1/checkouts", _basket(story)).path, body={}),
    "cancel_checkout": lambda story: _made(story, "/v1/checkouts", _basket(story)),
    "create_redemption": lambda story: Recipe(body=_coupon(story)),
    "reverse_redemption": lambda story: Recipe(path=_made(story, "/v1/redemptions", _coupon(story)).path, body={}),
    "update_call": lambda _: Recipe(body={"disposition": "done"}),
    "update_ticket": lambda _: Recipe(body={"tags": ["milk"]}),
    "create_tickets": lambda _: Recipe(body={"items": [_TICKET]}),
    "act_on_ticket": lambda story: Recipe(path={"ticket_id": _new_ticket(story)}, body={"action": "solve"}),
    "pop_screen": lambda story: Recipe(query={"phone": story.ids["phone"]}),
    "create_survey_response": lambda story: Recipe(
        body={"kind": "csat", "score": 5, "customer": {"id": story.ids["customer"]}}
    ),
    "create_client": _client,
    "update_client": lambda _: Recipe(body={"requests_per_minute": 60}),
}
