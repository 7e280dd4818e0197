-- Where mid and high usage begin in each category: the bands of three by units over its customers.
insert into category_usage (run_id, product_category, mid_from, high_from)
with counted as (
    select product_category, unit_thousandths, count(*) as customers
    from brand_loyalty
    where run_id = :run_id
    group by product_category, unit_thousandths
), placed as (
    select
        product_category, unit_thousandths,
        sum(customers) over (partition by product_category order by unit_thousandths) - customers as worse,
        sum(customers) over (partition by product_category) as n
    from counted
)
select
    :run_id, product_category,
    min(unit_thousandths) filter (where 3 * worse >= n), min(unit_thousandths) filter (where 3 * worse >= 2 * n)
from placed
group by product_category
