"""What this service is told from outside."""

from pydantic import Field

from crmkit import settings


class Settings(settings.Settings):
    service: str = "callcenter"
    phone_region: str = Field(default="US", description="country whose dialling habits read a number without +")
