"""The view that lists of interactions read."""

from sqlalchemy import TEXT, Column, DateTime, MetaData, String, Table, Uuid, cast

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
DOCUMENT = cast(documents.c.document, TEXT).label("document")
