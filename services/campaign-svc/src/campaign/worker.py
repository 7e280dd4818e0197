"""The worker process: `python -m campaign.worker`."""

from functools import partial

import crmkit.worker
from campaign import sweeps
from campaign.coupons import batches
from campaign.coupons import service as coupons
from campaign.events import CUSTOMER_ERASED
from campaign.lists import generation
from campaign.projections import service as projections
from campaign.settings import Settings
from crmkit.events.consumers import Consumer


def create_worker(settings: Settings | None = None) -> crmkit.worker.Worker:
    """Follows the customer feed, fills batches, makes lists, sweeps."""
    settings = settings or Settings()
    return crmkit.worker.Worker(
        settings,
        jobs={coupons.JOB: batches.run, generation.JOB: partial(generation.run, list_chunk=settings.list_chunk)},
        consumers=[
            Consumer(feed="customer", apply=partial(projections.apply, zone=settings.zone), final=CUSTOMER_ERASED)
        ],
        sweeps=[sweeps.expire_reservations, sweeps.forget_audiences],
    )


if __name__ == "__main__":
    crmkit.worker.main(create_worker)
