-- customer: whom it concerns, told as callcenter-svc tells it of tickets and calls.
create or replace function interaction_document(i interactions, customer json) returns json
language sql stable parallel safe
return json_build_object(
    'id', i.id, 'version', i.version, 'source', i.source, 'external_id', i.external_id, 'customer_id', i.customer_id,
    'customer', customer, 'kind', i.kind, 'occurred_at', rfc3339(i.occurred_at), 'summary', i.summary,
    'channel', i.channel, 'resource', i.resource
);

-- A customer that was found is the handle.
create or replace function interaction_document(i interactions) returns json language sql stable parallel safe
return interaction_document(i, json_build_object(
    'id', i.customer_id, 'handle', json_build_object('id', i.customer_id),
    'resolution', 'resolved', 'candidates', json_build_array()));

create or replace function pending_interaction_document(p pending_interactions) returns json
language sql stable parallel safe
return interaction_document(
    jsonb_populate_record(null::interactions, p.content
        || jsonb_build_object('id', p.id, 'version', p.version, 'occurred_at', p.at)),
    json_build_object(
        'id', null, 'handle', case p.handle_kind
            when 'external_id' then json_build_object('external_id', p.handle_value, 'source', p.handle_source)
            else json_build_object(p.handle_kind, p.handle_value) end,
        'resolution', p.resolution, 'candidates', p.candidates));

-- Neither half may have a join or a condition of its own: Postgres then merges both by their indexes for a page.
create or replace view interaction_documents as
select i.customer_id, i.id, i.version, i.kind, i.occurred_at, 'resolved' as resolution, interaction_document(i) as document
from interactions i
union all
select null::uuid, p.id, p.version, p.content->>'kind', p.at, p.resolution, pending_interaction_document(p)
from pending_interactions p;
