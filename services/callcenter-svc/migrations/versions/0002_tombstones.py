"""Who was erased stays known by the id alone, so that no other feed brings them back."""

from crmkit.data import migrations

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    migrations.execute("alter table customers add column is_erased boolean not null default false")
