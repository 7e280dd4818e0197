create or replace function sponsor_document(s sponsors) returns json language sql stable parallel safe
return json_build_object(
    'id', s.id, 'version', s.version, 'name', s.name, 'manufacturer_id', s.manufacturer_id,
    'archived_at', rfc3339(s.archived_at), 'created_at', rfc3339(s.created_at), 'updated_at', rfc3339(s.updated_at));
