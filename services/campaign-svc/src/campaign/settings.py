"""What this service is set up with."""

import crmkit.settings


class Settings(crmkit.settings.Settings):
    """list_chunk: how many customers' lists are made in one transaction.

    phone_region: the ISO 3166 region in which a phone number without a country code is read.
    """

    service: str = "campaign"
    reservation_s: int = 900
    list_chunk: int = 250
    lookup_timeout_s: float = 0.5
    phone_region: str = "US"
