"""What this service is set up with."""

import crmkit.settings


class Settings(crmkit.settings.Settings):
    """list_chunk: how many customers' lists are made in one transaction."""

    service: str = "campaign"
    reservation_s: int = 900
    list_chunk: int = 250
    lookup_timeout_s: float = 0.5
