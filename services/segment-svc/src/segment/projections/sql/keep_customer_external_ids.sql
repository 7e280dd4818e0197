-- Add the staged external ids of the customers that were kept ($1).
with staged as (
    delete from staged_customer_external_ids returning *
)
insert into customer_external_ids (customer_id, position, source, external_id)
select customer_id, position, source, external_id from staged where customer_id = any ($1::uuid[])
