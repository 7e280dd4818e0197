"""Documents become functions; a line keeps a product that is not known yet as it was given."""

from pathlib import Path

from crmkit.data import migrations

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    migrations.execute(Path(__file__).with_suffix(".sql").read_text())
