-- What documents of several nouns share.

-- Whom a resource concerns, as named and as found. An id that was given is kept and shown before anybody knows it.
create or replace function customer_part(
    customer_id uuid, handle_kind text, handle_value text, resolution text, candidates uuid[], decided_by text
) returns json language sql stable parallel safe
return case when resolution is not null then json_build_object(
    'id', coalesce(customer_id, case handle_kind when 'id' then handle_value::uuid end),
    'handle', case handle_kind
        when 'external_id' then json_build_object(
            'external_id', substr(handle_value, strpos(handle_value, ':') + 1),
            'source', split_part(handle_value, ':', 1))
        else json_build_object(handle_kind, handle_value) end,
    'resolution', resolution,
    'candidates', candidates,
    'decided_by', decided_by) end;
