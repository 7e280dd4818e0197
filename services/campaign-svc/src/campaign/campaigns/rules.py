"""A campaign's states, and who is left out of it."""

import hashlib
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from campaign.offers.reasons import Reason


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    LAUNCHED = "launched"
    PAUSED = "paused"
    ENDED = "ended"


class Group(StrEnum):
    TREATED = "treated"
    CONTROL = "control"


MOVES: Final[dict[CampaignStatus, frozenset[CampaignStatus]]] = {
    CampaignStatus.DRAFT: frozenset({CampaignStatus.LAUNCHED}),
    CampaignStatus.LAUNCHED: frozenset({CampaignStatus.PAUSED, CampaignStatus.ENDED}),
    CampaignStatus.PAUSED: frozenset({CampaignStatus.LAUNCHED, CampaignStatus.ENDED}),
    CampaignStatus.ENDED: frozenset(),
}


# Why the coupons of a campaign in another state than launched do not apply; a draft's are none yet.
HALTS: Final[dict[str, Reason]] = {
    CampaignStatus.DRAFT: Reason.CAMPAIGN_NOT_LAUNCHED,
    CampaignStatus.PAUSED: Reason.CAMPAIGN_PAUSED,
    CampaignStatus.ENDED: Reason.CAMPAIGN_ENDED,
}


def may_move(present: CampaignStatus, wanted: CampaignStatus) -> bool:
    return wanted in MOVES[present]


def assign_group(campaign_id: UUID, customer_id: UUID, control_share: Decimal) -> Group:
    """Control with probability `control_share`, the same answer every time for one customer of one campaign."""
    digest = hashlib.sha256(campaign_id.bytes + customer_id.bytes).digest()
    place = int.from_bytes(digest[:8], "big")
    return Group.CONTROL if place < control_share * (1 << 64) else Group.TREATED
