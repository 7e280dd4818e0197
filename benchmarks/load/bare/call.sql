\set number random(1, 10000)
-- Ringing.
begin;
insert into calls (id, call_id, status, ringing_at, direction, from_number, to_number, handle_kind, handle_value,
                   resolution, customer_id, created_at, updated_at)
select uuidv7(), 'bare-' || uuidv7(), 'ringing', now(), 'inbound', value, '+18005550199',
       'phone', value, 'resolved', customer_id, now(), now()
from customer_handles where kind = 'phone' and value = '+' || 14152000000 + :number
returning id as call
\gset
insert into call_events (source, call_id, received_at, event)
select 'api', call_id, now(), json_build_object('call_id', call_id, 'source', 'api', 'at', now(), 'type', 'ringing',
    'from', from_number, 'to', to_number, 'direction', direction)
from calls where id = :call;
insert into outbox (type, source, subject, data, actor, request_id)
select 'perennial.call.started.v1', '/v1/calls/' || id, customer_id::text, call_document(c), 'bare', uuidv7()::text
from calls c where id = :call;
insert into idempotency (client, method, path, key, fingerprint, status, headers, body)
select 'bare', 'POST', '/v1/call-events', uuidv7()::text, sha256(uuid_send(id)), 200,
       '{"content-type": "application/json", "etag": "\"1\""}', convert_to(call_document(c)::text, 'UTF8')
from calls c where id = :call;
commit;
-- Answered.
begin;
update calls set status = 'answered', answered_at = now(), agent = 'ada', version = version + 1, updated_at = now()
where id = :call;
insert into call_events (source, call_id, received_at, event)
select 'api', call_id, now(), json_build_object('call_id', call_id, 'source', 'api', 'at', now(), 'type', 'answered',
    'from', from_number, 'to', to_number, 'direction', direction, 'agent', 'ada')
from calls where id = :call;
insert into outbox (type, source, subject, data, actor, request_id)
select 'perennial.call.updated.v1', '/v1/calls/' || id, customer_id::text, call_document(c), 'bare', uuidv7()::text
from calls c where id = :call;
insert into idempotency (client, method, path, key, fingerprint, status, headers, body)
select 'bare', 'POST', '/v1/call-events', uuidv7()::text, sha256(uuid_send(id)), 200,
       '{"content-type": "application/json", "etag": "\"2\""}', convert_to(call_document(c)::text, 'UTF8')
from calls c where id = :call;
commit;
-- Ended.
begin;
update calls set status = 'ended', ended_at = now(), version = version + 1, updated_at = now()
where id = :call;
insert into call_events (source, call_id, received_at, event)
select 'api', call_id, now(), json_build_object('call_id', call_id, 'source', 'api', 'at', now(), 'type', 'ended',
    'from', from_number, 'to', to_number, 'direction', direction, 'agent', 'ada')
from calls where id = :call;
insert into outbox (type, source, subject, data, actor, request_id)
select 'perennial.call.ended.v1', '/v1/calls/' || id, customer_id::text, call_document(c), 'bare', uuidv7()::text
from calls c where id = :call;
insert into idempotency (client, method, path, key, fingerprint, status, headers, body)
select 'bare', 'POST', '/v1/call-events', uuidv7()::text, sha256(uuid_send(id)), 200,
       '{"content-type": "application/json", "etag": "\"3\""}', convert_to(call_document(c)::text, 'UTF8')
from calls c where id = :call;
commit;
