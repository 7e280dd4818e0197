create or replace function customer_document(c customers) returns json language sql stable parallel safe
return json_build_object(
    'id', c.id, 'version', c.version, 'kind', c.kind, 'name', c.name,
    'external_ids', coalesce((
        select json_agg(json_build_object('source', k.source, 'external_id', k.value) order by k.source, k.value)
        from customer_keys k where k.customer_id = c.id and k.kind = 'external_id'), '[]'),
    'phones', coalesce((
        select json_agg(p.value order by p.created_at, p.value)
        from contact_points p where p.customer_id = c.id and p.kind = 'phone'), '[]'),
    'emails', coalesce((
        select json_agg(p.value order by p.created_at, p.value)
        from contact_points p where p.customer_id = c.id and p.kind = 'email'), '[]'),
    'cards', coalesce((
        select json_agg(k.value order by k.value)
        from customer_keys k where k.customer_id = c.id and k.kind = 'card'), '[]'),
    'attributes', coalesce((
        select json_object_agg(a.name, json_build_object(
            'value', a.value, 'source', a.source, 'channel', a.channel,
            'collected_at', rfc3339(a.collected_at), 'verified_at', rfc3339(a.verified_at)) order by a.name)
        from customer_attributes a where a.customer_id = c.id), '{}'),
    'consents', json_build_object(),
    'created_at', rfc3339(c.created_at), 'updated_at', rfc3339(c.updated_at), 'erased_at', rfc3339(c.erased_at)
);
