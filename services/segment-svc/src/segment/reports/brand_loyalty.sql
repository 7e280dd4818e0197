-- The nine groups of each category of run :run_id; the categories with most customers first.
select
    product_category, loyal_to as group, usage, count(*) as customer_count,
    round(sum(unit_thousandths) / 1000.0, 3)::float8 as unit_count,
    sum(count(*)) over (partition by product_category)::bigint as category_customer_count
from brand_loyalty_by_usage
where run_id = :run_id
group by product_category, loyal_to, usage
order by category_customer_count desc, product_category
