-- Cut the customers into chunks of about :chunk_lines order lines: the ids each begins with and ends before.
with ordered as (
    select customer_id, sum(line_count) as line_count from orders group by customer_id
), cut as (
    select
        customer_id,
        div(
            sum(1 + coalesce(line_count, 0)) over (order by customer_id) - 1 - coalesce(line_count, 0), :chunk_lines
        ) as chunk
    from customers
    left join ordered using (customer_id)
    where not erased
), chunks as (
    select (array_agg(customer_id order by customer_id))[1] as customers_from, count(*) as customer_count
    from cut
    group by chunk
)
select customers_from, lead(customers_from) over (order by customers_from) as customers_to, customer_count
from chunks
order by customers_from
