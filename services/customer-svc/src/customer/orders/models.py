"""The view that lists of orders read."""

from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid

documents = Table(
    "order_documents",
    MetaData(),
    Column("id", Uuid),
    Column("customer_id", Uuid),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("store_id", String),
    Column("document", String),
)
