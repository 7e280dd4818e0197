"""The call centre's worker process: sequencer, and what it learns from the others' feeds."""

from callcenter.customers import service as customers
from callcenter.events import CUSTOMER_ERASED
from callcenter.settings import Settings
from crmkit import worker
from crmkit.events.consumers import Consumer


def create_worker(settings: Settings | None = None) -> worker.Worker:
    return worker.Worker(
        settings or Settings(),
        consumers=[
            Consumer(feed="customer", apply=customers.apply_customers, final=frozenset({CUSTOMER_ERASED})),
            Consumer(feed="segment", apply=customers.apply_scores),
            Consumer(feed="campaign", apply=customers.apply_coupons),
        ],
        sweeps=[customers.link_strays, customers.drop_expired_coupons],
    )


if __name__ == "__main__":
    worker.main(create_worker)
