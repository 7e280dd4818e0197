-- Recency-weighted frequency of each customer and product type: an order counts once, however many such lines it has.
create temporary table chunk_affinities on commit drop as
select
    customer_no, product_type, max(day) as last_day,
    round(sum(power(0.5::float8, (:as_of - day) / cast(:half_life_days as float8)))::numeric, 6) as score
from (select distinct order_no, customer_no, day, product_type from chunk_lines where is_good) as item
group by customer_no, product_type
