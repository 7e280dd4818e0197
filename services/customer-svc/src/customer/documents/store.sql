create or replace function store_document(s stores) returns json language sql stable parallel safe
return json_build_object(
    'id', s.id, 'version', s.version, 'store_id', s.store_id, 'name', s.name, 'address', s.address,
    'time_zone', s.time_zone, 'archived_at', rfc3339(s.archived_at),
    'created_at', rfc3339(s.created_at), 'updated_at', rfc3339(s.updated_at)
);
