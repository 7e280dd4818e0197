"""What waits for its customer; interactions by id and by external id."""

from pathlib import Path

from crmkit.data import migrations

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    migrations.execute(Path(__file__).with_suffix(".sql").read_text())
