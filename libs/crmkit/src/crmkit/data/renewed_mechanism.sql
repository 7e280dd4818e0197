-- What changed since `mechanism.sql` was first applied.

-- What is to happen at a time: deleted in the transaction of its effect.
create table due (
    at timestamptz not null,
    id uuid not null default uuidv7(),
    kind text not null,
    ref text not null,
    attempts int not null default 0,
    constraint due_pkey primary key (at, id)
);
-- A schedule is the one row of its kind without a ref.
create unique index due_schedule on due (kind) where ref = '';

-- Who does which job, until when; the jobs were brought by a library with a schema of its own before.
create table leases (
    job_id uuid constraint leases_pkey primary key,
    holder uuid not null,
    until timestamptz not null,
    faults int not null default 0
);
do $$ begin
    execute format('drop schema if exists %I cascade', current_schema() || '_jobs');
end $$;

-- The service writes its audit and reads it, and changes nothing there.
do $$ begin
    execute format('revoke update, delete on audit from %I', current_schema());
end $$;
-- Entries are found by when they were made, never by id alone: one index less to write.
drop index audit_at;
alter table audit drop constraint audit_pkey, add constraint audit_pkey primary key (at, id);

-- Places in the feed, in a table of their own; found without one are the events of transactions since the floor.
create table feed (
    position bigint constraint feed_pkey primary key,
    id uuid not null constraint feed_id_key unique
);
insert into feed (position, id) select position, id from outbox where position is not null order by position;
alter table outbox add column xid xid8;
update outbox set xid = pg_current_xact_id() where position is null;
alter table outbox alter column xid set default pg_current_xact_id();
create index outbox_xid on outbox (xid);
alter table outbox drop column position;
alter table feed_head add column floor xid8 not null default '0';

-- Only what comes later of the same resource waits behind a parked event.
alter table feed_parked add column source text;
update feed_parked set source = convert_from(event, 'UTF8')::json ->> 'source';
create index feed_parked_source on feed_parked (consumer, source);
alter table feed_readers add column parked int not null default 0;
