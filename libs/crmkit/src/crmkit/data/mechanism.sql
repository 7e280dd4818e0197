-- The tables behind crmkit, one set per service, made by the service's first migration.

create table outbox (
    id uuid constraint outbox_pkey primary key default uuidv7(),
    type text not null,
    source text not null,
    subject text,
    data json not null,
    actor text,
    request_id text,
    causation_id text,
    traceparent text,
    created_at timestamptz not null default now(),
    position bigint
);
create index outbox_unsequenced on outbox (id) where position is null;
create unique index outbox_position on outbox (position) where position is not null;

create table feed_head (
    singleton boolean constraint feed_head_pkey primary key default true
        constraint feed_head_singleton_check check (singleton),
    epoch text not null,
    position bigint not null default 0
);
insert into feed_head (epoch) values (right(replace(uuidv7()::text, '-', ''), 8));

create table feed_readers (
    client text constraint feed_readers_pkey primary key,
    name text not null,
    position bigint not null,
    seen_at timestamptz not null
);

create table feed_cursors (
    consumer text constraint feed_cursors_pkey primary key,
    cursor text not null default '',
    updated_at timestamptz not null default now()
);

create table feed_parked (
    consumer text,
    sequence text,
    subject text,
    event bytea not null,
    error text not null,
    attempts int not null,
    parked_at timestamptz not null default now(),
    constraint feed_parked_pkey primary key (consumer, sequence)
);
create index feed_parked_subject on feed_parked (consumer, subject);

create table idempotency (
    client text,
    method text,
    path text,
    key text,
    fingerprint bytea not null,
    status int,
    headers text,
    body bytea,
    created_at timestamptz not null default now(),
    constraint idempotency_pkey primary key (client, method, path, key)
);
create index idempotency_created_at on idempotency (created_at);

create table audit (
    id uuid constraint audit_pkey primary key default uuidv7(),
    at timestamptz not null default clock_timestamp(),
    actor text not null,
    action text not null,
    resource text not null,
    request_id text,
    detail text,
    count bigint not null default 1
);
create index audit_at on audit (at, id);
create index audit_resource on audit (resource, at);

create table jobs (
    id uuid constraint jobs_pkey primary key default uuidv7(),
    kind text not null,
    status text not null default 'queued'
        constraint jobs_status_check check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    processed bigint not null default 0,
    total bigint,
    failed bigint not null default 0,
    params json not null,
    checkpoint json,
    attempt int not null default 0,
    result json,
    error text,
    client text not null,
    request_id text,
    cancel_requested boolean not null default false,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz
);
create index jobs_created_at on jobs (created_at, id);
create index jobs_unfinished on jobs (id) where status in ('queued', 'running');

create table job_errors (
    job_id uuid,
    position bigint,
    code text not null,
    detail text not null,
    content text,
    constraint job_errors_pkey primary key (job_id, position)
);
