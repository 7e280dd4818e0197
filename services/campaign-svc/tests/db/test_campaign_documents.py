"""Each document has the members that its schema says."""

import pytest
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.campaigns.schemas import Campaign
from campaign.checkouts.schemas import Checkout
from campaign.coupons.schemas import Coupon, CouponBatch
from campaign.lists.schemas import ShoppingList
from campaign.offers.schemas import Offer
from campaign.redemptions.schemas import Redemption
from campaign.sponsors.schemas import Sponsor
from crmkit.data import db
from crmkit.testing import document_keys

DOCUMENTS = {
    "sponsors": Sponsor,
    "offers": Offer,
    "campaigns": Campaign,
    "coupons": Coupon,
    "coupon_batches": CouponBatch,
    "checkouts": Checkout,
    "redemptions": Redemption,
    "shopping_lists": ShoppingList,
}


@pytest.mark.parametrize(("table", "schema"), DOCUMENTS.items())
async def test_a_document_has_the_members_of_its_schema(
    session: AsyncSession, table: str, schema: type[BaseModel]
) -> None:
    function = f"{table.removesuffix('es') if table.endswith('ches') else table.removesuffix('s')}_document"
    assert await document_keys(await db.driver(session), function, table) == set(schema.model_fields)
