-- Cut the customers into chunks of about :chunk_lines order lines: the ids each begins with and ends before.
with customer_lines as (
    select customers.customer_id, 1 + coalesce(sum(orders.line_count), 0) as line_count
    from customers left join orders using (customer_id)
    where not customers.erased
    group by customers.customer_id
), cut as (
    select customer_id, div(sum(line_count) over (order by customer_id) - line_count, :chunk_lines) as chunk
    from customer_lines
), chunks as (
    select (array_agg(customer_id order by customer_id))[1] as customers_from, count(*) as customer_count
    from cut
    group by chunk
)
select customers_from, lead(customers_from) over (order by customers_from) as customers_to, customer_count
from chunks
order by customers_from
