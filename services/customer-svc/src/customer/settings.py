"""Settings of the profile store."""

from fastapi import Request

import crmkit.settings


class Settings(crmkit.settings.Settings):
    """phone_region: the ISO 3166 region in which a phone number without a country code is read."""

    service: str = "customer"
    phone_region: str = "US"


def region_of(request: Request) -> str:
    """The phone region of the app that serves this request."""
    settings: Settings = request.app.state.settings
    return settings.phone_region
