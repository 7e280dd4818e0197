"""The view that lists of identifiers read."""

from sqlalchemy import BigInteger, Column, MetaData, String, Table, Uuid

identifiers = Table(
    "customer_identifiers",
    MetaData(),
    Column("customer_id", Uuid),
    Column("kind", String, nullable=False),
    Column("source", String),
    Column("value", String),
    Column("place", BigInteger),
)
