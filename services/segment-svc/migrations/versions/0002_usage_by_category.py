"""Keep where low, mid and high usage begin in a category, not a copy in every customer's row: rows are written once."""

from pathlib import Path

from crmkit.data import migrations

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    migrations.execute(Path(__file__).with_suffix(".sql").read_text())
