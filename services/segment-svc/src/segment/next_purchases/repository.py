"""Queries of next purchases as documents."""

from typing import Final
from uuid import UUID

from sqlalchemy import SmallInteger, String, Text, Uuid, select, text

from crmkit.web import lists
from segment.next_purchases.schemas import CustomerNextPurchaseQuery, NextPurchase, NextPurchaseQuery

_NEXT_PURCHASES: Final = """
select next.*, next_purchase_document(next, external_id, brand.loyal_to, brand.usage, run, model)::text as body
from next_purchases as next
join scoring_runs as run using (run_id)
join scoring_models as model using (model_id)
join scores using (customer_id, run_id)
left join brand_loyalty_by_usage as brand using (customer_id, run_id, product_category)
"""
_TYPES: Final = {
    "run_id": Uuid,
    "customer_id": Uuid,
    "rank": SmallInteger,
    "product_type": String,
    "product_category": String,
    "body": Text,
}
_COLUMNS: Final = text(_NEXT_PURCHASES).columns(**_TYPES).subquery("document").c


def _list(asked: type[lists.ListQuery]) -> lists.List:
    return lists.List(
        select(_COLUMNS.body),
        asked,
        columns=_COLUMNS,
        named={"as_of": None, "model": None},
        tie="rank",
        model=NextPurchase,
        document=_COLUMNS.body,
    )


_LIST: Final = _list(NextPurchaseQuery)
_LIST_OF_CUSTOMER: Final = _list(CustomerNextPurchaseQuery)


def of_run(run_id: UUID) -> lists.List:
    """The list of a finished run's next purchases."""
    return _LIST.where(_COLUMNS.run_id == run_id)


def of_customer(run_id: UUID, customer_id: UUID) -> lists.List:
    """The same of one customer."""
    return _LIST_OF_CUSTOMER.where(_COLUMNS.run_id == run_id, _COLUMNS.customer_id == customer_id)
