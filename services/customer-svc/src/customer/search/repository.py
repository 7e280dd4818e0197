"""Lists of customers, in order of making, by a handle or by likeness of name."""

from dataclasses import replace
from typing import Final

from sqlalchemy import ColumnElement, Numeric, cast, func, literal, or_, select, union

from crmkit.web import lists
from customer.customers.models import DOCUMENT, contact_points, customers, keys
from customer.customers.schemas import Customer
from customer.references.rules import Handle
from customer.search.rules import HANDLES
from customer.search.schemas import CustomerQuery, LikestQuery, Lookup


def named_by(handle: Handle) -> ColumnElement[bool]:
    """Whether a customer is named by a handle."""
    of_key = select(keys.c.customer_id).where(
        keys.c.kind == handle.kind, keys.c.source == handle.source, keys.c.value == handle.value
    )
    of_contact = select(contact_points.c.customer_id).where(
        contact_points.c.kind == handle.kind, contact_points.c.value == handle.value
    )
    return customers.c.id.in_(union(of_key, of_contact))


def resembles(q: str) -> ColumnElement[bool]:
    """Whether a customer's name holds or resembles `q`; trigrams of any script."""
    return or_(
        customers.c.name.op("%", is_comparison=True)(literal(q)),
        literal(q).op("<%", is_comparison=True)(customers.c.name),
        customers.c.name.icontains(q, autoescape=True),
    )


_ROWS: Final = select(customers.c.id, DOCUMENT)
CUSTOMERS: Final = lists.List(
    _ROWS, CustomerQuery, columns=customers.c, model=Customer, named={"q": resembles}, document=DOCUMENT
)
FOUND: Final = lists.List(
    _ROWS, Lookup, columns=customers.c, model=Customer, named=dict.fromkeys((*HANDLES, "source")), document=DOCUMENT
)


def likest(q: str) -> lists.List:
    """Those whose name holds or resembles `q`, the likest first."""
    likeness = func.greatest(func.similarity(customers.c.name, q), func.word_similarity(q, customers.c.name))
    named = {**CUSTOMERS.named, "likeness": cast(likeness, Numeric(6, 5))}
    return replace(CUSTOMERS, asked=LikestQuery, named=named)
