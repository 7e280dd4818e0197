"""A chunk that no job has yet tells when it came: until its upload has ended it bears the upload's id."""

from crmkit.data import migrations

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    migrations.execute("alter table import_chunks add column staged_at timestamptz not null default clock_timestamp()")
