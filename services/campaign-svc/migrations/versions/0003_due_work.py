"""The feed's narrow table and due work take the place of numbered outbox rows and of procrastinate."""

from crmkit.data import migrations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    migrations.renew_mechanism()
