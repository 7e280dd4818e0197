"""The call centre's worker process: sequencer, what it learns from the others' feeds, what is due."""

from datetime import timedelta

from callcenter.consumers import campaign, customer, segment
from callcenter.projections.repository import drop_expired_coupons
from callcenter.references.repository import LINK
from callcenter.settings import Settings
from crmkit import worker


def create_worker(settings: Settings | None = None) -> worker.Worker:
    return worker.Worker(
        settings or Settings(),
        consumers=[customer.CONSUMER, segment.CONSUMER, campaign.CONSUMER],
        due={LINK: customer.link_again},
        every={"drop_expired_coupons": (timedelta(hours=1), drop_expired_coupons)},
    )


if __name__ == "__main__":
    worker.main(create_worker)
