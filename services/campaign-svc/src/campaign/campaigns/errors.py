"""What can go wrong with campaigns."""

from crmkit.problems import Conflict, Invalid, NotFound


class CampaignNotFound(NotFound):
    code, title = "campaign_not_found", "There is no such campaign"


class CampaignState(Conflict):
    code, title = "campaign_state", "The campaign's status does not allow this"


class CampaignNotLaunched(Conflict):
    code, title = "campaign_not_launched", "The campaign is not launched"


class BudgetCommitted(Conflict):
    code, title = "budget_committed", "More than that is already reserved or spent"


class CurrencyMismatch(Invalid):
    code, title = "currency_mismatch", "A campaign's budget pays only for offers in its own currency"


class CampaignInvalid(Invalid):
    code, title = "campaign_invalid", "The campaign would contradict itself"
