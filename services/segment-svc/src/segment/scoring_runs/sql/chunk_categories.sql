-- Units by brand of each customer and category bought on enough days.
insert into run_categories (
    run_id, customer_id, product_category, purchase_days, unit_thousandths, private_thousandths, national_thousandths
)
select
    :run_id, customer_id, product_category, count(distinct day), sum(units),
    coalesce(sum(units) filter (where brand = 'private'), 0),
    coalesce(sum(units) filter (where brand = 'national'), 0)
from chunk_lines
join chunk_orders using (order_no)
where product_category is not null
group by customer_id, product_category
having count(distinct day) >= :category_days
