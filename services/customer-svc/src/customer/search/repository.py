"""Lists of customers, in order of making or by likeness of name."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Numeric, Select, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import TEXT

from crmkit import paging
from customer.customers.models import documents
from customer.customers.schemas import Customer

_DOCUMENT = cast(documents.c.document, TEXT).label("document")


def listing(kind: str | None) -> paging.Listing:
    """All customers, the newest last."""
    keys = {"created_at": documents.c.created_at}
    return _listing(_of_kind(select(documents.c.id, _DOCUMENT), kind), keys, "created_at")


def by_name(q: str, kind: str | None) -> paging.Listing:
    """Customers whose name holds or resembles `q`, the likest first; trigrams of any script."""
    likeness = cast(
        func.greatest(func.similarity(documents.c.name, q), func.word_similarity(q, documents.c.name)), Numeric(6, 5)
    )
    matches = or_(
        documents.c.name.op("%", is_comparison=True)(literal(q)),
        literal(q).op("<%", is_comparison=True)(documents.c.name),
        documents.c.name.icontains(q, autoescape=True),
    )
    query = _of_kind(select(documents.c.id, _DOCUMENT).where(matches), kind)
    return _listing(query, {"likeness": likeness}, "-likeness")


def _of_kind(query: Select[Any], kind: str | None) -> Select[Any]:
    return query.where(documents.c.kind == kind) if kind else query


def _listing(query: Select[Any], keys: Mapping[str, ColumnElement[Any]], default: str) -> paging.Listing:
    return paging.Listing(query, keys=keys, tie=documents.c.id, default=default, model=Customer, document=_DOCUMENT)
