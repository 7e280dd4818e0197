"""The view that timelines read."""

from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid

timeline = Table(
    "timeline",
    MetaData(),
    Column("customer_id", Uuid),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("id", Uuid),
    Column("kind", String),
    Column("summary", String),
    Column("channel", String),
    Column("resource", String),
)
