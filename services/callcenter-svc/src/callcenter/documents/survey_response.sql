create or replace function survey_response_document(r survey_responses) returns json
language sql stable parallel safe
return json_build_object(
    'id', r.id,
    'version', r.version,
    'kind', r.kind,
    'class', r.class,
    'score', r.score,
    'perceived', r.perceived,
    'expected', r.expected,
    'comment', r.comment,
    'ticket_id', r.ticket_id,
    'customer', customer_part(
        r.customer_id, r.handle_kind, r.handle_value, r.resolution, r.candidates, r.decided_by),
    'answered_at', rfc3339(r.answered_at),
    'created_at', rfc3339(r.created_at),
    'updated_at', rfc3339(r.updated_at));
