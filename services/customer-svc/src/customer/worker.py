"""The profile store's worker: imports, and what other services' events add to a profile."""

from functools import partial

import crmkit.worker
from crmkit.events.consumers import Consumer
from customer import sweeps
from customer.imports import service as imports
from customer.settings import Settings
from customer.touches import service as touches


def create_worker(settings: Settings | None = None) -> crmkit.worker.Worker:
    """The worker; settings come from the environment when none are given."""
    settings = settings or Settings()
    return crmkit.worker.Worker(
        settings,
        jobs={imports.KIND: partial(imports.run_import, region=settings.phone_region)},
        consumers=[
            Consumer(feed="campaign", apply=partial(touches.apply_campaign, region=settings.phone_region)),
            Consumer(feed="callcenter", apply=touches.apply_callcenter),
        ],
        sweeps=[sweeps.forget_bodies],
    )


if __name__ == "__main__":
    crmkit.worker.main(create_worker)
