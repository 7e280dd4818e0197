"""The worker process: `python -m segment.worker`."""

from functools import partial

import crmkit.worker
from segment.consumers import customer
from segment.scoring_runs import service as scoring_runs
from segment.settings import Settings


def create_worker(settings: Settings | None = None) -> crmkit.worker.Worker:
    """The projection of the customer feed, and the scoring runs."""
    settings = settings or Settings()
    return crmkit.worker.Worker(
        settings,
        jobs={scoring_runs.JOB: partial(scoring_runs.score, chunk_lines=settings.scoring_chunk_lines)},
        consumers=[customer.consumer(settings)],
    )


if __name__ == "__main__":
    crmkit.worker.main(create_worker)
