"""The view that lists of interactions read."""

from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid

documents = Table(
    "interaction_documents",
    MetaData(),
    Column("customer_id", Uuid),
    Column("id", Uuid),
    Column("kind", String),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("resolution", String),
    Column("document", String),
)
