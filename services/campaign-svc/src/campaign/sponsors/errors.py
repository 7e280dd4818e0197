"""What can go wrong with sponsors."""

from crmkit.problems import Conflict, NotFound


class SponsorNotFound(NotFound):
    code, title = "sponsor_not_found", "There is no such sponsor"


class SponsorExists(Conflict):
    code, title = "sponsor_exists", "Another sponsor has this manufacturer_id"
