"""The mechanism's tables, and the clients with their keys."""

from crmkit.data import migrations

revision = "0001"
down_revision = None

CLIENTS = """
create table clients (
    id uuid constraint clients_pkey primary key default uuidv7(),
    name text not null
        constraint clients_name_check check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    key_digest bytea not null
        constraint clients_key_digest_check check (octet_length(key_digest) = 32),
    key_hint text not null,
    scopes text[] not null,
    requests_per_minute int not null
        constraint clients_requests_per_minute_check check (requests_per_minute > 0),
    version int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    revoked_at timestamptz
);
create unique index clients_name_key on clients (name) where revoked_at is null;
create unique index clients_key_digest_key on clients (key_digest);
create index clients_created_at on clients (created_at, id);
"""


def upgrade() -> None:
    migrations.create_mechanism()
    migrations.execute(CLIENTS)
