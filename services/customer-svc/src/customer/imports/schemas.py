"""Imports: what can be brought in, and how."""

from typing import Literal

from pydantic import BaseModel

from customer.intake import Mode

Resource = Literal["customers", "products", "orders", "refunds", "stores", "interactions"]
Format = Literal["application/x-ndjson", "text/csv"]


class ImportParams(BaseModel):
    """What an import was asked to do."""

    resource: Resource
    mode: Mode
    dry_run: bool
    media_type: Format


class ImportResult(BaseModel):
    """What became of the lines: each is one of these, or an error in the job's error list."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
