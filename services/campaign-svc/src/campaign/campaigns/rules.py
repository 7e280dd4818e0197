"""A campaign's states, and who is left out of it."""

import hashlib
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID


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


def may_move(present: CampaignStatus, wanted: CampaignStatus) -> bool:
    return wanted in MOVES[present]


def assign_group(campaign_id: UUID, customer_id: UUID, control_share: Decimal) -> Group:
    """Control with probability `control_share`, the same answer every time for one customer of one campaign."""
    digest = hashlib.sha256(campaign_id.bytes + customer_id.bytes).digest()
    place = int.from_bytes(digest[:8], "big")
    return Group.CONTROL if place < control_share * (1 << 64) else Group.TREATED
