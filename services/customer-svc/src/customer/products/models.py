"""The view that lists of products read."""

from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid

documents = Table(
    "product_documents",
    MetaData(),
    Column("id", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("product_type", String),
    Column("product_category", String),
    Column("brand", String),
    Column("document", String),
)
