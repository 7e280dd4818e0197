-- Stars, volcanoes, cows and dogs of run :run_id.
select
    svcd, count(*) as customer_count, sum(order_count)::bigint as order_count,
    sum(revenue_amount)::bigint as revenue_amount
from scores
where run_id = :run_id and svcd is not null
group by svcd
