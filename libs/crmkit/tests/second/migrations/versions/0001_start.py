"""The mechanism, the noun, and what the consumer writes."""

from crmkit.data import migrations

revision = "0001"
down_revision = None


def upgrade() -> None:
    migrations.create_mechanism()
    migrations.renew_mechanism()
    migrations.execute("""
        create table things (
            id uuid constraint things_pkey primary key default uuidv7(),
            version int not null default 1,
            name text not null constraint things_name_key unique,
            phone text,
            size numeric(20, 3),
            twin_id uuid,
            created_at timestamptz not null default clock_timestamp()
        );
        create table copies (event uuid, subject text, name text, at timestamptz default clock_timestamp());
        create table cured (at timestamptz default now());
    """)
