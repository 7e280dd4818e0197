"""The tables that lists of customers read."""

from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid, literal_column

_metadata = MetaData()

customers = Table(
    "customers",
    _metadata,
    Column("id", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("name", String),
    Column("kind", String),
)
DOCUMENT = literal_column("customer_document(customers)::text", String).label("document")

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
