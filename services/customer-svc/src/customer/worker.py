"""The profile store's worker: imports, and what other services' events add to a profile."""

from datetime import timedelta
from functools import partial

import crmkit.worker
from crmkit.events.consumers import Consumer
from customer import linking
from customer.consumers import callcenter, campaign
from customer.imports import service as imports
from customer.orders import service as orders
from customer.orders.lines import LINK_PRODUCTS
from customer.pending.repository import LINK
from customer.settings import Settings


def create_worker(settings: Settings | None = None) -> crmkit.worker.Worker:
    """The worker; settings come from the environment when none are given."""
    settings = settings or Settings()
    return crmkit.worker.Worker(
        settings,
        jobs={imports.KIND: partial(imports.run_import, region=settings.phone_region)},
        consumers=[
            Consumer(feed="campaign", apply=partial(campaign.apply, region=settings.phone_region)),
            Consumer(feed="callcenter", apply=callcenter.apply),
        ],
        due={LINK: linking.link_again, LINK_PRODUCTS: orders.link_products_again},
        every={"forget_import_bodies": (timedelta(minutes=1), imports.forget_bodies)},
    )


if __name__ == "__main__":
    crmkit.worker.main(create_worker)
