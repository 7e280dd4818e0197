"""The view that lists of refunds read."""

from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid

documents = Table(
    "refund_documents",
    MetaData(),
    Column("id", Uuid),
    Column("customer_id", Uuid),
    Column("order_id", Uuid),
    Column("refunded_at", DateTime(timezone=True), nullable=False),
    Column("document", String),
)
