-- Keep the staged orders that are newer than what is known, lines and all; none of an erased customer.
with staged as (
    delete from staged_orders returning *
)
insert into orders as known (
    customer_id, order_id, version, day, cancelled_on, currency, amount, deal_amount, margin_amount,
    line_count, product_ids, quantity_thousandths, amounts
)
select
    customer_id, order_id, version, day, cancelled_on, currency, amount, deal_amount, margin_amount,
    line_count, product_ids, quantity_thousandths, amounts
from staged
where not exists (select from customers where customers.customer_id = staged.customer_id and customers.erased)
on conflict (customer_id, order_id) do update set
    version = excluded.version, day = excluded.day, cancelled_on = excluded.cancelled_on,
    currency = excluded.currency, amount = excluded.amount, deal_amount = excluded.deal_amount,
    margin_amount = excluded.margin_amount, line_count = excluded.line_count, product_ids = excluded.product_ids,
    quantity_thousandths = excluded.quantity_thousandths, amounts = excluded.amounts
where known.version < excluded.version
