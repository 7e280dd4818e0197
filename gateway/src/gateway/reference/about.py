"""What the document says of the API as a whole."""

from typing import Final

INFO: Final = {
    "title": "Perennial",
    "version": "1",
    "description": (
        "Customers, what is known of them, what is offered to them, and how they are served. Every refusal is an "
        "RFC 9457 problem whose `code` is explained at `/docs/problems`; every POST takes an `Idempotency-Key`; lists "
        "page by cursor and stream as NDJSON or CSV."
    ),
    "contact": {"name": "Whoever runs this gateway"},
    "license": {"name": "As agreed with whoever runs this gateway", "identifier": "LicenseRef-Perennial"},
}
SERVERS: Final = [{"url": "/", "description": "the gateway that serves this document"}]

TAGS: Final = {
    "calls": "Telephony: calls, their events, the screen pop.",
    "campaigns": "Campaigns with their budgets and results.",
    "checkouts": "Baskets: what could apply, what is reserved and confirmed.",
    "clients": "Who may call this API.",
    "coupons": "Coupons and the batches they are made in.",
    "customers": "Customers and their identifiers.",
    "feeds": "Every event of a service, in order (CloudEvents).",
    "imports": "Files of records, taken in as a job.",
    "jobs": "Long work: how far it is, what failed, how to cancel it.",
    "next purchases": "What a customer is due to buy.",
    "offers": "What is offered, by whom, on which terms.",
    "operation": "The deployment itself: its settings, who did what.",
    "orders": "Purchases and refunds.",
    "products": "The catalogue.",
    "redemptions": "Coupons redeemed, and given back.",
    "reports": "The state of all customers, as tables and charts.",
    "scores": "Metrics, scores and classes of each customer.",
    "scoring": "Models of scores and their runs.",
    "shopping lists": "Personal lists of offers.",
    "sponsors": "Who pays for offers.",
    "stores": "Where is sold.",
    "surveys": "What customers answer when they are asked.",
    "tickets": "The service desk.",
    "timeline": "Everything about a customer in time order.",
}
