"""What this service is set up with."""

import crmkit.settings


class Settings(crmkit.settings.Settings):
    """scoring_chunk_lines: about how many order lines are scored in one transaction."""

    service: str = "segment"
    scoring_chunk_lines: int = 150_000
