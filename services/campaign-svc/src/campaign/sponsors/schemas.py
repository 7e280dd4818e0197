"""Sponsors at the API."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from campaign.schemas import UNSET, Handle, Name
from crmkit.web import lists
from crmkit.web.bodies import Body


class NewSponsor(Body):
    """A party that funds a share of discounts; `manufacturer_id` is the catalogue's."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Dairy Farms", "manufacturer_id": "69"}]})

    name: Name
    manufacturer_id: Handle | None = None


class SponsorPatch(Body):
    name: Name = UNSET


class SponsorQuery(lists.ListQuery):
    sort: Literal["-created_at", "created_at", "name", "-name"] = "-created_at"
    ids: lists.Ids
    manufacturer_id: lists.AnyOrNone[str]


class Sponsor(BaseModel):
    id: UUID
    version: int
    name: str
    manufacturer_id: str | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime
