-- Units by brand of each customer and category bought on enough days.
insert into run_categories (
    run_id, customer_id, product_category, purchase_days, unit_thousandths, private_thousandths, national_thousandths
)
with category as (
    select
        customer_no, product_category, count(distinct day) as days, sum(units) as units,
        coalesce(sum(units) filter (where brand = 'private'), 0) as private_units,
        coalesce(sum(units) filter (where brand = 'national'), 0) as national_units
    from chunk_lines
    where product_category is not null
    group by customer_no, product_category
    having count(distinct day) >= :category_days
)
select :run_id, customer_id, product_category, days, units, private_units, national_units
from category
join chunk_customers using (customer_no)
