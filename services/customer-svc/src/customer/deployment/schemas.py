"""What one deployment is set to."""

from pydantic import BaseModel


class Deployment(BaseModel):
    """time_zone: a day is a date in it (IANA name); currency: ISO 4217; locale: of texts and numbers shown."""

    time_zone: str
    currency: str
    locale: str
