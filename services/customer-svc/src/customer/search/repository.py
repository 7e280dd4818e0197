"""Lists of customers, in order of making, by a handle or by likeness of name."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Numeric, Select, cast, func, literal, or_, select, union

from crmkit.web import paging
from customer.customers.models import DOCUMENT, contact_points, customers, keys
from customer.customers.schemas import Customer
from customer.references.rules import Handle


def listing(kind: str | None) -> paging.Listing:
    """All customers, the newest last."""
    return _listing(
        _of_kind(select(customers.c.id, DOCUMENT), kind), {"created_at": customers.c.created_at}, "created_at"
    )


def by_handle(handle: Handle) -> paging.Listing:
    """Customers that a handle names, the newest last."""
    of_key = select(keys.c.customer_id).where(
        keys.c.kind == handle.kind, keys.c.source == handle.source, keys.c.value == handle.value
    )
    of_contact = select(contact_points.c.customer_id).where(
        contact_points.c.kind == handle.kind, contact_points.c.value == handle.value
    )
    query = select(customers.c.id, DOCUMENT).where(customers.c.id.in_(union(of_key, of_contact)))
    return _listing(query, {"created_at": customers.c.created_at}, "created_at")


def by_name(q: str, kind: str | None) -> paging.Listing:
    """Customers whose name holds or resembles `q`, the likest first; trigrams of any script."""
    likeness = cast(
        func.greatest(func.similarity(customers.c.name, q), func.word_similarity(q, customers.c.name)), Numeric(6, 5)
    )
    matches = or_(
        customers.c.name.op("%", is_comparison=True)(literal(q)),
        literal(q).op("<%", is_comparison=True)(customers.c.name),
        customers.c.name.icontains(q, autoescape=True),
    )
    query = _of_kind(select(customers.c.id, DOCUMENT).where(matches), kind)
    return _listing(query, {"likeness": likeness}, "-likeness")


def _of_kind(query: Select[Any], kind: str | None) -> Select[Any]:
    return query.where(customers.c.kind == kind) if kind else query


def _listing(query: Select[Any], sorts: Mapping[str, ColumnElement[Any]], default: str) -> paging.Listing:
    return paging.Listing(query, keys=sorts, tie=customers.c.id, default=default, model=Customer, document=DOCUMENT)
