"""The profile store: customers and their identifiers, the catalogue, orders, refunds, interactions, imports."""

from pathlib import Path

from crmkit.data import migrations

revision = "0001"
down_revision = None


def upgrade() -> None:
    migrations.create_mechanism()
    migrations.execute(Path(__file__).with_suffix(".sql").read_text())
