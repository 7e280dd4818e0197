create or replace function call_document(c calls) returns json language sql stable parallel safe
return json_build_object(
    'id', c.id,
    'call_id', c.call_id,
    'version', c.version,
    'status', c.status,
    'direction', c.direction,
    'from', c.from_number,
    'to', c.to_number,
    'agent', c.agent,
    'disposition', c.disposition,
    'recording_url', c.recording_url,
    'customer', customer_part(
        c.customer_id, c.handle_kind, c.handle_value, c.resolution, c.candidates, c.decided_by),
    'ringing_at', rfc3339(c.ringing_at),
    'answered_at', rfc3339(c.answered_at),
    'ended_at', rfc3339(c.ended_at),
    'created_at', rfc3339(c.created_at),
    'updated_at', rfc3339(c.updated_at));
