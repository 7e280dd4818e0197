-- What came with a handle that names no customer yet, or several: it has no customer_id, so it is not among theirs.
-- An order waits under its checkout's id.
create table pending (
    id uuid,
    noun text,
    version int not null default 1,
    handle_kind text not null,
    handle_source text not null,
    handle_value text not null,
    candidates uuid[] not null,
    resolution text generated always as (
        case when cardinality(candidates) > 1 then 'ambiguous' else 'pending' end) stored,
    at timestamptz not null,
    content jsonb not null,
    causation_id text,
    traceparent text,
    created_at timestamptz not null default clock_timestamp(),
    constraint pending_pkey primary key (id, noun)
) partition by list (noun);
create table pending_orders partition of pending for values in ('order');
create table pending_interactions partition of pending for values in ('interaction');
create index pending_handle on pending (handle_kind, handle_source, handle_value);
create index pending_interactions_at on pending_interactions (at, id);

alter table interactions add column source text, add column external_id text;
create index interactions_id on interactions (id);

create table interaction_keys (
    source text,
    external_id text,
    interaction_id uuid not null,
    constraint interaction_keys_pkey primary key (source, external_id)
);

-- Whom an interaction concerns is told as callcenter-svc tells it of tickets and calls; one that was found is its handle.
-- Neither half may have a join or a condition of its own: Postgres then merges both by their indexes for a page.
drop view interaction_documents;
create view interaction_documents as
select i.customer_id, i.id, i.version, i.kind, i.occurred_at, 'resolved' as resolution, json_build_object(
    'id', i.id, 'version', i.version, 'source', i.source, 'external_id', i.external_id, 'customer_id', i.customer_id,
    'customer', json_build_object(
        'id', i.customer_id, 'handle', json_build_object('id', i.customer_id),
        'resolution', 'resolved', 'candidates', json_build_array()),
    'kind', i.kind, 'occurred_at', rfc3339(i.occurred_at), 'summary', i.summary, 'channel', i.channel,
    'resource', i.resource
) as document
from interactions i
union all
select null::uuid, p.id, p.version, p.content->>'kind', p.at, p.resolution, json_build_object(
    'id', p.id, 'version', p.version, 'source', p.content->>'source', 'external_id', p.content->>'external_id',
    'customer_id', null,
    'customer', json_build_object(
        'id', null, 'handle', case p.handle_kind
            when 'external_id' then json_build_object('external_id', p.handle_value, 'source', p.handle_source)
            else json_build_object(p.handle_kind, p.handle_value) end,
        'resolution', p.resolution, 'candidates', p.candidates),
    'kind', p.content->>'kind', 'occurred_at', rfc3339(p.at), 'summary', p.content->>'summary',
    'channel', p.content->>'channel', 'resource', null
)
from pending_interactions p;
