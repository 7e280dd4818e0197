"""The views and tables that lists of customers read."""

from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid

_metadata = MetaData()

documents = Table(
    "customer_documents",
    _metadata,
    Column("id", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("name", String),
    Column("kind", String),
    Column("document", String),
)
keys = Table(
    "customer_keys",
    _metadata,
    Column("kind", String),
    Column("source", String),
    Column("value", String),
    Column("customer_id", Uuid),
)
contact_points = Table(
    "contact_points",
    _metadata,
    Column("customer_id", Uuid),
    Column("kind", String),
    Column("value", String),
)
