"""A purchase has its instant: results look at a campaign's period by instants, not by days."""

from crmkit.data import migrations

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    migrations.execute(INSTANTS)


# Of those kept so far only the day is known; its noon lies in it wherever the business is.
INSTANTS = """
alter table purchases add column purchased_at timestamptz;
update purchases set purchased_at = (purchased_on + time '12:00') at time zone 'UTC';
alter table purchases alter column purchased_at set not null, drop column purchased_on;
"""
