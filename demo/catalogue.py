"""The products as the platform knows them."""

from typing import Final

import msgspec

from demo.api import Api

# What is sold without being goods (fuel, coupons, postage) never goes on a list.
NOT_GOODS_DEPARTMENTS: Final = frozenset(
    {"FUEL", "MISCELLANEOUS", "COUPON", "CNTRL/STORE SUP", "POSTAL CENTER", "PROD-WHS SALES"}
)
NOT_GOODS_CATEGORIES: Final = frozenset({"COUPON/MISC ITEMS", "COUPON"})


class Product(msgspec.Struct, frozen=True):
    id: str
    external_id: str
    department: str | None
    product_category: str | None
    product_type: str | None
    manufacturer_id: str | None
    brand: str | None

    @property
    def is_goods(self) -> bool:
        return (
            self.product_type is not None
            and self.department not in NOT_GOODS_DEPARTMENTS
            and self.product_category not in NOT_GOODS_CATEGORIES
        )


def read(api: Api) -> list[Product]:
    """The whole catalogue, as one stream."""
    return list(api.lines("/v1/products", Product))
