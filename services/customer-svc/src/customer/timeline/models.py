"""The views that lists of interactions and timelines read."""

from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid

_metadata = MetaData()

documents = Table(
    "interaction_documents",
    _metadata,
    Column("customer_id", Uuid),
    Column("id", Uuid),
    Column("kind", String),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("resolution", String),
    Column("document", String),
)
timeline = Table(
    "timeline",
    _metadata,
    Column("customer_id", Uuid),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("id", Uuid),
    Column("kind", String),
    Column("summary", String),
    Column("channel", String),
    Column("resource", String),
)
