"""The worker process: `python -m campaign.worker`."""

from datetime import timedelta
from functools import partial

import crmkit.worker
from campaign.checkouts import repository as checkouts
from campaign.checkouts.service import expire_checkouts
from campaign.consumers import customer
from campaign.coupons import batches
from campaign.coupons import service as coupons
from campaign.lists import generation
from campaign.lists import repository as lists
from campaign.settings import Settings


def create_worker(settings: Settings | None = None) -> crmkit.worker.Worker:
    """Follows the customer feed, fills batches, makes lists, gives back what checkouts hold in vain."""
    settings = settings or Settings()
    return crmkit.worker.Worker(
        settings,
        jobs={coupons.JOB: batches.run, generation.JOB: partial(generation.run, list_chunk=settings.list_chunk)},
        consumers=[customer.CONSUMER],
        due={checkouts.EXPIRY: expire_checkouts},
        every={"list_audiences": (timedelta(minutes=1), lists.forget_audiences)},
    )


if __name__ == "__main__":
    crmkit.worker.main(create_worker)
