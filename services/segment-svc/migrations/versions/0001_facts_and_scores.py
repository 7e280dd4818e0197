"""Order facts from the customer feed; scoring models, runs, scores, brand loyalty and next purchases made from them."""

from pathlib import Path

from crmkit.data import migrations

revision = "0001"
down_revision = None


def upgrade() -> None:
    migrations.create_mechanism()
    migrations.execute(Path(__file__).with_suffix(".sql").read_text())
