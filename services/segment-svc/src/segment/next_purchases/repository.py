"""Queries of next purchases as documents."""

from typing import Final
from uuid import UUID

from sqlalchemy import Select, SmallInteger, String, Subquery, Text, Uuid, select, text

from segment import sql

_DOCUMENTS: Final = sql.load(__package__, "documents")
_COLUMNS: Final = {"customer_id": Uuid, "rank": SmallInteger, "product_type": String, "body": Text}


def of_run(run_id: UUID) -> Subquery:
    """The next purchases of a finished run, as documents."""
    return text(_DOCUMENTS).bindparams(run_id=run_id).columns(**_COLUMNS).subquery("document")


def list_next_purchases(documents: Subquery, product_type: str | None) -> Select[tuple[str]]:
    query = select(documents.c.body)
    return query if product_type is None else query.where(documents.c.product_type == product_type)


def list_of_customer(documents: Subquery, customer_id: UUID) -> Select[tuple[str]]:
    return select(documents.c.body).where(documents.c.customer_id == customer_id)
