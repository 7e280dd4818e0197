create or replace function refund_document(r refunds) returns json language sql stable parallel safe
return json_build_object(
    'id', r.id, 'version', r.version, 'source', r.source, 'external_id', r.external_id,
    'order_id', r.order_id, 'customer_id', r.customer_id, 'refunded_at', rfc3339(r.refunded_at),
    'currency', r.currency, 'amount', r.amount,
    'lines', coalesce((
        select json_agg(json_build_object('line', l.line, 'quantity', trim_scale(l.quantity), 'amount', l.amount)
                        order by l.line)
        from refund_lines l where l.customer_id = r.customer_id and l.refund_id = r.id), '[]')
);
