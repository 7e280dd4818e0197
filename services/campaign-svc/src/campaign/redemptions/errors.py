"""What can go wrong with redemptions."""

from types import MappingProxyType
from typing import Final

from campaign.offers.reasons import Reason
from crmkit.problems import Conflict, NotFound


class RedemptionNotFound(NotFound):
    code, title = "redemption_not_found", "There is no such redemption"


class RedemptionReversed(Conflict):
    code, title = "redemption_reversed", "The redemption has been reversed already"


def _refusal(reason: Reason) -> type[Conflict]:
    name = reason.value.title().replace("_", "")
    return type(name, (Conflict,), {"code": reason.value, "title": reason.detail.rstrip(".")})


# What the judge says, as an answer.
REFUSALS: Final = MappingProxyType({reason: _refusal(reason) for reason in Reason})
