-- Recency-weighted frequency of each customer and product type: an order counts once, however many such lines it has.
create temporary table chunk_affinities on commit drop as
select customer_no, product_type, round(sum(weight)::numeric, 6) as score, max(day) as last_day
from (select distinct order_no, product_type from chunk_lines where is_good) as item
join chunk_orders using (order_no)
group by customer_no, product_type
