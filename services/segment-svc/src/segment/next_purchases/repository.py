"""Queries of next purchases as documents."""

from typing import Final
from uuid import UUID

from sqlalchemy import Select, SmallInteger, String, Subquery, Text, Uuid, select, text

_OF_RUN: Final = """
select next.*, next_purchase_document(next, external_id, brand.loyal_to, brand.usage, run, model)::text as body
from next_purchases as next
join scoring_runs as run using (run_id)
join scoring_models as model using (model_id)
join scores using (customer_id, run_id)
left join brand_loyalty_by_usage as brand using (customer_id, run_id, product_category)
where run_id = :run_id
"""
_COLUMNS: Final = {"customer_id": Uuid, "rank": SmallInteger, "product_type": String, "body": Text}


def of_run(run_id: UUID) -> Subquery:
    """The next purchases of a finished run, as documents."""
    return text(_OF_RUN).bindparams(run_id=run_id).columns(**_COLUMNS).subquery("document")


def list_next_purchases(documents: Subquery, product_type: str | None) -> Select[tuple[str]]:
    query = select(documents.c.body)
    return query if product_type is None else query.where(documents.c.product_type == product_type)


def list_of_customer(documents: Subquery, customer_id: UUID) -> Select[tuple[str]]:
    return select(documents.c.body).where(documents.c.customer_id == customer_id)
