"""Interactions, and the timeline that joins them with orders and refunds."""

from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, Uuid

_metadata = MetaData()

interactions = Table(
    "interactions",
    _metadata,
    Column("customer_id", Uuid),
    Column("id", Uuid),
    Column("version", Integer),
    Column("kind", String),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("summary", String),
    Column("channel", String),
    Column("resource", String),
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
