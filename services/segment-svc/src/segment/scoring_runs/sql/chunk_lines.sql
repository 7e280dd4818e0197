-- The chunk's lines with what the catalogue knows of their products; lines without quantity say nothing of taste.
create temporary table chunk_lines on commit drop as
select
    line.order_no, line.customer_no, line.day, line.product_id, line.quantity_thousandths as units,
    products.product_type, products.product_category, products.brand,
    line.amount > 0
        and products.product_type is not null
        and coalesce(products.department, '') <> all (cast(:excluded_departments as text[]))
        and coalesce(products.product_category, '') <> all (cast(:excluded_categories as text[])) as is_good
from (
    select
        order_no, customer_no, day, unnest(product_ids) as product_id, unnest(quantity_thousandths) as quantity_thousandths,
        unnest(amounts) as amount
    from chunk_orders
) as line
join products using (product_id)
where line.quantity_thousandths > 0
