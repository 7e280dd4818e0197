"""Paths may name a customer by `ext:{source}:{external_id}`."""

from crmkit.data import migrations

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    migrations.execute(
        "create index customer_external_ids_handle_idx on customer_external_ids (source, external_id, customer_id)"
    )
