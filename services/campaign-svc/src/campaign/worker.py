"""The worker process: `python -m campaign.worker`."""

from functools import partial

import crmkit.worker
from campaign import sweeps
from campaign.consumers import customer
from campaign.coupons import batches
from campaign.coupons import service as coupons
from campaign.lists import generation
from campaign.settings import Settings


def create_worker(settings: Settings | None = None) -> crmkit.worker.Worker:
    """Follows the customer feed, fills batches, makes lists, sweeps."""
    settings = settings or Settings()
    return crmkit.worker.Worker(
        settings,
        jobs={coupons.JOB: batches.run, generation.JOB: partial(generation.run, list_chunk=settings.list_chunk)},
        consumers=[customer.CONSUMER],
        sweeps=[sweeps.expire_reservations, sweeps.forget_audiences],
    )


if __name__ == "__main__":
    crmkit.worker.main(create_worker)
