-- A customer as other resources name it.
create or replace function customer_named(id uuid) returns json language sql stable parallel safe
return case when id is not null then json_build_object('id', id) end;

-- An order by the name that a source gave it.
create or replace function order_named(source text, external_id text) returns json language sql stable parallel safe
return case when external_id is not null then json_build_object('external_id', external_id, 'source', source) end;
