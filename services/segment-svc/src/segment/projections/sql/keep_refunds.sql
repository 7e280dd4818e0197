-- Keep the staged refunds that are newer than what is known; none of an erased customer.
with staged as (
    delete from staged_refunds returning *
)
insert into refunds as known (customer_id, refund_id, version, order_id, day, currency, amount)
select customer_id, refund_id, version, order_id, day, currency, amount
from staged
where not exists (select from customers where customers.customer_id = staged.customer_id and customers.erased)
on conflict (customer_id, refund_id) do update set
    version = excluded.version, order_id = excluded.order_id, day = excluded.day, currency = excluded.currency,
    amount = excluded.amount
where known.version < excluded.version
