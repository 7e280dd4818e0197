"""The offers that the catalogue suggests, made known to the platform together with who pays for them."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from demo import offers
from demo.api import Api, Refused
from demo.catalogue import Product
from demo.offers import Offer
from demo.stage import Stage

BATCH: Final = 1_000


class Target(msgspec.Struct, frozen=True):
    product_type: str | None
    brand: str | None
    manufacturer_id: str | None = None


class PresentOffer(msgspec.Struct, frozen=True):
    id: str
    target: Target


class Sponsor(msgspec.Struct, frozen=True):
    id: str
    manufacturer_id: str | None


class OfferResult(msgspec.Struct, frozen=True):
    status: int
    id: str | None = None
    problem: dict[str, object] | None = None


class OfferResults(msgspec.Struct, frozen=True):
    data: list[OfferResult]


def make(stage: Stage, products: Sequence[Product]) -> list[str]:
    """The ids of all offers; those that an earlier run made are taken as they are."""
    leading = offers.leads(products)
    sponsors = _find_sponsors(stage.api, {lead.manufacturer_id for lead in leading})
    funded, own = offers.vendor_offers(leading, sponsors), offers.store_offers(products)
    told = f"{len(funded):,} funded by {len(sponsors)} vendors, {len(own):,} by the store"
    stage.console.print(f"Offers: {told}")
    stage.note("offers", told, "GET /v1/offers")
    present = {offer.target: offer.id for offer in stage.api.lines("/v1/offers", PresentOffer)}
    wanted = {Target(**offer["target"]): offer for offer in (*funded, *own)}
    missing = [offer for target, offer in wanted.items() if target not in present]
    kept = [present[target] for target in wanted if target in present]
    return kept + [id for batch in _batches(missing) for id in _create_offers(stage.api, batch)]


def _find_sponsors(api: Api, manufacturer_ids: set[str]) -> dict[str, str]:
    """Sponsor id by manufacturer, made where it is not there yet."""
    found = {each.manufacturer_id: each.id for each in api.pages("/v1/sponsors", Sponsor) if each.manufacturer_id}
    for manufacturer_id in sorted(manufacturer_ids - found.keys()):
        new = {"name": f"Manufacturer {manufacturer_id}", "manufacturer_id": manufacturer_id}
        found[manufacturer_id] = api.post("/v1/sponsors", new, Sponsor).id
    return {manufacturer_id: found[manufacturer_id] for manufacturer_id in manufacturer_ids}


def _create_offers(api: Api, batch: Sequence[Offer]) -> Iterator[str]:
    for result in api.post("/v1/offers/batch", {"items": batch}, OfferResults).data:
        if result.id is None:
            raise Refused(f"POST /v1/offers/batch: {result.problem}")
        yield result.id


def _batches(items: Sequence[Offer]) -> Iterator[Sequence[Offer]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))
