"""What can go wrong with offers."""

from crmkit.problems import Conflict, Invalid, NotFound


class OfferNotFound(NotFound):
    code, title = "offer_not_found", "There is no such offer"


class OfferArchived(Conflict):
    code, title = "offer_archived", "The offer is archived"


class OfferInvalid(Invalid):
    code, title = "offer_invalid", "The offer would contradict itself"
