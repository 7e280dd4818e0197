-- The product types each customer most likely buys next, with the product that stands for the type in this
-- customer's baskets (most often bought, then last bought) and the day it is due by the mean gap.
insert into next_purchases (
    customer_id, run_id, rank, product_type, product_category, score, expected_on, typical_product_id
)
with listed as (
    select * from (
        select *, row_number() over (
            partition by customer_no order by score desc, last_day desc, product_type collate "C"
        ) as rank
        from chunk_affinities
    ) as ranked
    where rank <= :list_length
), bought as (
    select customer_no, product_type, product_id, product_category, day, count(*) as line_count
    from chunk_lines
    join listed using (customer_no, product_type)
    where is_good
    group by customer_no, product_type, product_id, product_category, day
), typical as (
    select distinct on (customer_no, product_type) customer_no, product_type, product_id, product_category
    from bought
    group by customer_no, product_type, product_id, product_category
    order by customer_no, product_type, sum(line_count) desc, max(day) desc, product_id
), rhythm as (
    select customer_no, product_type, count(distinct day) as days, min(day) as first_day, max(day) as last_day
    from bought
    group by customer_no, product_type
)
select
    customer_id, :run_id, rank, product_type, typical.product_category,
    round((score / 1e9)::numeric, 6),
    case when rhythm.days >= :rhythm_days
        then rhythm.last_day + round((rhythm.last_day - rhythm.first_day)::numeric / (rhythm.days - 1))::int
    end,
    typical.product_id
from listed
join typical using (customer_no, product_type)
join rhythm using (customer_no, product_type)
join chunk_customers using (customer_no)
