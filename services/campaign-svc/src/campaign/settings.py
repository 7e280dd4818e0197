"""What this service is set up with."""

import crmkit.settings


class Settings(crmkit.settings.Settings):
    service: str = "campaign"
    reservation_s: int = 900
    lookup_timeout_s: float = 0.5
