-- Keep the staged customers that are newer than what is known; their ids. An erased one stays erased.
with staged as (
    delete from staged_customers returning *
)
insert into customers as known (customer_id, version, kind, erased)
select customer_id, version, kind, erased from staged
on conflict (customer_id) do update set version = excluded.version, kind = excluded.kind
where known.version < excluded.version and not known.erased
returning customer_id
