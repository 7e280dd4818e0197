"""What this service is told from outside."""

from crmkit import settings


class Settings(settings.Settings):
    service: str = "callcenter"
