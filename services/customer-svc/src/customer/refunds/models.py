"""The table that lists of refunds read."""

from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid, literal_column

refunds = Table(
    "refunds",
    MetaData(),
    Column("id", Uuid),
    Column("order_id", Uuid),
    Column("refunded_at", DateTime(timezone=True), nullable=False),
)
DOCUMENT = literal_column("refund_document(refunds)::text", String).label("document")
