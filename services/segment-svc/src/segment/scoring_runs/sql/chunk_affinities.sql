-- Recency-weighted frequency of each customer and product type: an order counts once, however many such lines it has.
-- In billionths: sums of whole numbers are exact in a float8, so their order makes no difference.
create temporary table chunk_affinities on commit drop as
select
    customer_no, product_type, max(day) as last_day,
    sum(round(1e9 * power(0.5::float8, (:as_of - day) / cast(:half_life_days as float8)))) as score
from (select distinct order_no, customer_no, day, product_type from chunk_lines where is_good) as item
group by customer_no, product_type
