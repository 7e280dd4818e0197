"""Settings of the profile store."""

from fastapi import Request

import crmkit.settings


class Settings(crmkit.settings.Settings):
    """import_chunk_lines: the lines of an import that are taken in one transaction."""

    service: str = "customer"
    import_chunk_lines: int = 1_000


def region_of(request: Request) -> str:
    """The phone region of the app that serves this request."""
    settings: Settings = request.app.state.settings
    return settings.phone_region
