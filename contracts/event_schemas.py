"""The JSON Schema of every event that is emitted: the CloudEvents envelope around the resource as its GET answers."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from callcenter.calls.schemas import Call
from callcenter.surveys.schemas import SurveyResponse
from callcenter.tickets.schemas import Message, Ticket
from campaign.campaigns.schemas import Campaign
from campaign.checkouts.schemas import Checkout
from campaign.coupons.schemas import Coupon, CouponBatch
from campaign.lists.schemas import ShoppingList
from campaign.offers.schemas import Offer
from campaign.redemptions.schemas import Redemption
from campaign.sponsors.schemas import Sponsor
from crmkit.events import cloudevents
from crmkit.web import openapi
from customer.customers.schemas import Customer
from customer.interactions.schemas import Interaction
from customer.orders.schemas import Order
from customer.products.schemas import Product
from customer.refunds.schemas import Refund
from customer.stores.schemas import Store
from segment.scores.schemas import Score
from segment.scoring_models.schemas import ScoringModel
from segment.scoring_runs.schemas import ScoringRun

Schema = dict[str, Any]

# The resource a noun's events carry, and what can happen to it, by producing service.
EMITTED: Final[Mapping[str, Mapping[str, tuple[type[BaseModel], tuple[str, ...]]]]] = {
    "customer": {
        "customer": (Customer, ("created", "updated")),
        "product": (Product, ("created", "updated")),
        "store": (Store, ("created", "updated")),
        "order": (Order, ("placed", "updated", "cancelled")),
        "refund": (Refund, ("recorded",)),
        "interaction": (Interaction, ("recorded",)),
    },
    "segment": {
        "score": (Score, ("changed",)),
        "scoring_model": (ScoringModel, ("created",)),
        "scoring_run": (ScoringRun, ("finished",)),
    },
    "campaign": {
        "sponsor": (Sponsor, ("created", "updated", "archived")),
        "offer": (Offer, ("created", "updated", "archived")),
        "campaign": (Campaign, ("created", "updated", "launched", "paused", "ended")),
        "shopping_list": (ShoppingList, ("issued",)),
        "coupon_batch": (CouponBatch, ("issued",)),
        "coupon": (Coupon, ("redeemed", "reinstated")),
        "checkout": (Checkout, ("reserved", "confirmed", "cancelled", "expired")),
        "redemption": (Redemption, ("reversed",)),
    },
    "callcenter": {
        "ticket": (Ticket, ("created", "updated")),
        "ticket_message": (Message, ("created",)),
        "call": (Call, ("started", "updated", "ended")),
        "survey_response": (SurveyResponse, ("recorded", "updated")),
    },
}


def files() -> Mapping[str, bytes]:
    """`events/<type>.schema.json` by name."""
    return {f"events/{name}.schema.json": openapi.encoded(schema) for name, schema in schemas().items()}


def schemas() -> Mapping[str, Schema]:
    """The schema of every event by its type."""
    return {
        cloudevents.type_name(noun, verb): _schema(cloudevents.type_name(noun, verb), resource)
        for nouns in EMITTED.values()
        for noun, (resource, verbs) in nouns.items()
        for verb in verbs
    }


def _schema(name: str, resource: type[BaseModel]) -> Schema:
    data = resource.model_json_schema(mode="serialization")
    definitions = data.pop("$defs", {})
    about = {"type": {"const": name}, "data": {"$ref": f"#/$defs/{resource.__name__}"}}
    return cloudevents.ENVELOPE | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": name,
        "properties": cloudevents.ENVELOPE["properties"] | about,
        "$defs": definitions | {resource.__name__: data},
    }
