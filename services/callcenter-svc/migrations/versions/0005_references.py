"""Who said whom a ticket, a call or an answer concerns: a rule, or an agent."""

from crmkit.data import migrations

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for table in ("tickets", "calls", "survey_responses"):
        migrations.execute(DECIDED.format(table=table))


DECIDED = """
alter table {table} add column decided_by text not null default 'rule'
    constraint {table}_decided_by_check check (decided_by in ('rule', 'agent'));
"""
