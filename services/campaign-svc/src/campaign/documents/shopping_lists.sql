create or replace function shopping_list_document(l shopping_lists) returns json language sql stable parallel safe
return json_build_object(
    'id', l.id, 'version', l.version, 'campaign_id', l.campaign_id, 'customer', customer_named(l.customer_id),
    'as_of', l.as_of, 'list_code', l.list_code, 'valid_from', rfc3339(l.valid_from),
    'valid_until', rfc3339(l.valid_until), 'lines', l.lines, 'created_at', rfc3339(l.created_at));
