-- Cut the customers into chunks of about equal, and at most about :chunk_lines, order lines, as many for each of the
-- lanes: the ids each chunk begins with and ends before.
with ordered as (
    select customer_id, sum(line_count) as line_count from orders group by customer_id
), measured as (
    select
        customer_id, 1 + coalesce(line_count, 0) as line_count,
        sum(1 + coalesce(line_count, 0)) over (order by customer_id) as lines_so_far,
        sum(1 + coalesce(line_count, 0)) over () as total
    from customers
    left join ordered using (customer_id)
    where not erased
), cut as (
    select customer_id, div((lines_so_far - line_count) * :lanes * ceil(total / (:lanes * :chunk_lines)), total) as chunk
    from measured
), chunks as (
    select (array_agg(customer_id order by customer_id))[1] as customers_from, count(*) as customer_count
    from cut
    group by chunk
)
select customers_from, lead(customers_from) over (order by customers_from) as customers_to, customer_count
from chunks
order by customers_from
