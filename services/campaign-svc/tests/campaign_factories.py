"""Test data: offers and campaigns through the API, coupons and customers straight into their tables."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from campaign.checkouts.repository import EXPIRY
from campaign.checkouts.service import expire_checkouts
from campaign.consumers.customer import CustomerData, ExternalId, ProductData
from campaign.coupons import codes
from campaign.coupons.repository import NewCoupon, copy_coupons
from campaign.projections import repository as projections
from crmkit.data.db import Database
from crmkit.testing import TestClient
from crmkit.work import due

NOW = datetime.now(UTC)
MONTH = timedelta(days=30)
CAMPAIGN: dict[str, Any] = {
    "name": "Campaign",
    "goal": "Sell",
    "audience": {"weekly_spend_gte": 2500},
    "control_share": 0,
    "budget_amount": 1_000_000,
    "starts_at": "2017-12-04T05:00:00Z",
    "ends_at": "2017-12-18T05:00:00Z",
}
EXPIRE_NOW = "update due set at = now() - interval '1 s' where kind = 'checkout_expiry' and ref = $1"
LAPSE_COUPONS = "update coupons set reserved_until = now() - interval '1 s' where checkout_id = $1"
LAPSE_CHECKOUT = "update checkouts set expires_at = now() - interval '1 s' where id = $1"


@dataclass(frozen=True)
class Shop:
    """One product type of its own, so that tests do not meet."""

    client: TestClient
    database: Database
    product_type: str
    product_id: UUID

    async def offer(self, **terms: Any) -> dict[str, Any]:
        body = {"name": "Offer", "kind": "percentage", "percent": 20, "target": {"product_type": self.product_type}}
        made = await self.client.post("/v1/offers", json=body | terms)
        assert made.status_code == 201, made.text
        return dict(made.json())

    async def campaign(self, *, launched: bool = True, **terms: Any) -> dict[str, Any]:
        made = await self.client.post("/v1/campaigns", json=CAMPAIGN | terms)
        assert made.status_code == 201, made.text
        if launched:
            await self.client.post(f"/v1/campaigns/{made.json()['id']}/launch")
        return dict(made.json())

    async def coupons(self, offer: dict[str, Any], count: int = 1, **terms: Any) -> list[str]:
        value = round(offer["percent"] * 100) if offer["kind"] == "percentage" else offer["amount"]
        terms = {"valid_from": NOW - MONTH, "valid_until": NOW + MONTH} | terms
        made = [NewCoupon(code, UUID(offer["id"]), value, **terms) for code in codes.generate(count)]
        async with self.database.connection() as connection, connection.transaction():
            await copy_coupons(connection, made)
        return [coupon.code for coupon in made]

    async def product(self, *, brand: str, name: str) -> UUID:
        """Another product of the same type."""
        product = ProductData(uuid4(), 1, "tcj", uuid4().hex, name, "DAIRY", self.product_type, "69", brand)
        async with self.database.connection() as connection:
            await projections.keep_products(connection, [product])
        return product.id

    async def customer(self, *, card: str | None = None, name: str | None = None) -> UUID:
        customer = CustomerData(uuid4(), 1, name, (ExternalId("tcj", uuid4().hex),), cards=(card,) if card else ())
        async with self.database.connection() as connection, connection.transaction():
            await projections.keep_customers(connection, [customer.known()])
        return customer.id

    def basket(self, *codes: str, amount: int = 1000, **shown: Any) -> dict[str, Any]:
        line = {"product": {"id": str(self.product_id)}, "quantity": 1, "unit_amount": amount}
        return {"coupon_codes": list(codes), "store_id": "367", "currency": "USD", "lines": [line]} | shown

    async def checkout(self, *codes: str, amount: int = 1000, **shown: Any) -> dict[str, Any]:
        answer = await self.client.post("/v1/checkouts", json=self.basket(*codes, amount=amount, **shown))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def budget(self, campaign: dict[str, Any]) -> dict[str, int]:
        return dict((await self.client.get(f"/v1/campaigns/{campaign['id']}/budget")).json())


async def open_shop(client: TestClient, database: Database) -> Shop:
    product = ProductData(uuid4(), 1, "tcj", uuid4().hex, "Plain yogurt", "DAIRY", uuid4().hex, "69", "national")
    async with database.connection() as connection:
        await projections.keep_products(connection, [product])
    assert product.product_type is not None
    return Shop(client, database, product.product_type, product.id)


def known(customer_id: UUID) -> dict[str, Any]:
    """The `customer` of a checkout whose buyer was found."""
    return {"id": str(customer_id), "handle": None, "resolution": "resolved", "candidates": []}


def reasons(checkout: dict[str, Any]) -> dict[str | None, str]:
    return {each["code"]: each["reason"] for each in checkout["not_applied"]}


async def lapse(database: Database, checkout: dict[str, Any]) -> None:
    """As if the reservation had been made long ago."""
    async with database.connection() as connection:
        await connection.execute(LAPSE_COUPONS, checkout["id"])
        await connection.execute(LAPSE_CHECKOUT, checkout["id"])


async def expire(database: Database, *checkouts: dict[str, Any]) -> None:
    """As the worker does once it is time."""
    async with database.connection() as connection:
        for checkout in checkouts:
            await connection.execute(EXPIRE_NOW, checkout["id"])
    while await due.work_once(database, {EXPIRY: expire_checkouts}):
        pass
