create or replace function ticket_document(t tickets) returns json language sql stable parallel safe
return json_build_object(
    'id', t.id,
    'number', t.number,
    'version', t.version,
    'type', t.type,
    'status', t.status,
    'priority', t.priority,
    'severity', t.severity,
    'subject', t.subject,
    'body', t.body,
    'channel', t.channel,
    'brand', t.brand,
    'store_id', t.store_id,
    'tags', t.tags,
    'custom', t.custom,
    'customer', customer_part(
        t.customer_id, t.handle_kind, t.handle_value, t.resolution, t.candidates, t.decided_by),
    'product', t.product,
    'order', t."order",
    'call_id', t.call_id,
    'assignee', t.assignee,
    'complaint', t.complaint,
    'sla', json_build_object(
        'first_response_due_at', rfc3339(t.first_response_due_at),
        'resolution_due_at', rfc3339(t.resolution_due_at),
        'first_responded_at', rfc3339(t.first_responded_at),
        'paused', t.status = 'pending',
        'breached', coalesce(t.first_responded_at, t.stopped_at, now()) > t.first_response_due_at
            or coalesce(t.stopped_at, now()) > t.resolution_due_at),
    'message_count', t.message_count,
    'created_at', rfc3339(t.created_at),
    'updated_at', rfc3339(t.updated_at));
