"""The view that lists of orders read."""

from sqlalchemy import TEXT, Column, DateTime, MetaData, String, Table, Uuid, cast

documents = Table(
    "order_documents",
    MetaData(),
    Column("id", Uuid),
    Column("customer_id", Uuid),
    Column("source", String),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("store_id", String),
    Column("channel", String),
    Column("currency", String),
    Column("brand", String),
    Column("document", String),
)
DOCUMENT = cast(documents.c.document, TEXT).label("document")
