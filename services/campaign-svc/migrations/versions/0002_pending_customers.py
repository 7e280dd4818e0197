"""A checkout keeps the handle of a customer who is not known, and is found by it when that customer is erased."""

from crmkit.data import migrations

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    migrations.execute(HANDLES)


# In the form that customer_handles has; what the till gave stands in `body`.
HANDLES = """
alter table checkouts add column handle_kind text, add column handle_value text;
create index checkouts_handle on checkouts (handle_kind, handle_value) where handle_kind is not null;
"""
