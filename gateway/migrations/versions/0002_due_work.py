"""The feed's narrow table and due work take the place of numbered outbox rows and of procrastinate."""

from crmkit.data import migrations

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    migrations.renew_mechanism()
