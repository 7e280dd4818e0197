"""Which offers the catalogue suggests: for each product type one of its leading vendor, and one of the store."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from demo.catalogue import Product

VENDORS: Final = 60
VENDOR_SHARE: Final = 0.8
PLAIN_PERCENT: Final = 10
# Heavy users of the rival brand get the deepest discount.
VENDOR_LADDER: Final = [
    {"group": "store", "usage": "high", "percent": 30},
    {"group": "store", "percent": 25},
    {"group": "switcher", "usage": "high", "percent": 20},
    {"group": "switcher", "percent": 15},
]
STORE_LADDER: Final = [
    {"group": "national", "usage": "high", "percent": 30},
    {"group": "national", "percent": 20},
    {"group": "switcher", "percent": 15},
]

Offer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lead:
    """The vendor with most products of a type."""

    product_type: str
    manufacturer_id: str


def leads(catalogue: Iterable[Product]) -> list[Lead]:
    """The leading vendor of each type of goods, where it is one of the vendors that lead most types."""
    products: dict[str, Counter[str]] = defaultdict(Counter)
    for product in catalogue:
        if product.is_goods and product.product_type and product.brand == "national" and product.manufacturer_id:
            products[product.product_type][product.manufacturer_id] += 1
    first = [Lead(name, counts.most_common(1)[0][0]) for name, counts in sorted(products.items())]
    led = Counter(lead.manufacturer_id for lead in first)
    vendors = {manufacturer_id for manufacturer_id, _ in led.most_common(VENDORS)}
    return [lead for lead in first if lead.manufacturer_id in vendors]


def vendor_offers(leading: Iterable[Lead], sponsors: Mapping[str, str]) -> list[Offer]:
    """A percentage off the vendor's products of the type, most of it at the vendor's cost."""
    return [
        {
            "name": f"Brands of manufacturer {lead.manufacturer_id}",
            "kind": "percentage",
            "percent": PLAIN_PERCENT,
            "target": {
                "product_type": lead.product_type,
                "brand": "national",
                "manufacturer_id": lead.manufacturer_id,
            },
            "ladder": VENDOR_LADDER,
            "sponsor_id": sponsors[lead.manufacturer_id],
            "sponsor_share": VENDOR_SHARE,
        }
        for lead in leading
    ]


def store_offers(catalogue: Iterable[Product]) -> list[Offer]:
    """A percentage off the store's own brand of each type, at the store's cost."""
    types = {product.product_type for product in catalogue if product.is_goods and product.brand == "private"}
    return [
        {
            "name": "Our own brand",
            "kind": "percentage",
            "percent": PLAIN_PERCENT,
            "target": {"product_type": name, "brand": "private"},
            "ladder": STORE_LADDER,
        }
        for name in sorted(filter(None, types))
    ]
