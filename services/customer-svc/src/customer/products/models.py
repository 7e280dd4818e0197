"""The table that lists of products read."""

from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid, literal_column

products = Table(
    "products",
    MetaData(),
    Column("id", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("source", String),
    Column("external_id", String),
    Column("department", String),
    Column("product_type", String),
    Column("product_category", String),
    Column("brand", String),
)
DOCUMENT = literal_column("product_document(products)::text", String).label("document")
