"""What this service is set up with."""

import crmkit.settings


class Settings(crmkit.settings.Settings):
    service: str = "segment"
