-- With what a channel needs to deliver it: the ticket's number and subject, and how to reach the customer.
create or replace function ticket_message_document(m ticket_messages) returns json language sql stable parallel safe
return (select json_build_object(
    'id', m.id,
    'version', 1,
    'ticket_id', m.ticket_id,
    'ticket_number', t.number,
    'subject', t.subject,
    'channel', t.channel,
    'customer', customer_part(
        t.customer_id, t.handle_kind, t.handle_value, t.resolution, t.candidates, t.decided_by),
    'kind', m.kind,
    'author_kind', m.author_kind,
    'author', m.author,
    'body', m.body,
    'created_at', rfc3339(m.created_at))
    from (select m.ticket_id) as its left join tickets as t on t.id = its.ticket_id);
