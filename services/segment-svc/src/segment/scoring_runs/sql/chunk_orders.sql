-- The chunk's orders that count at :as_of, numbered too.
create temporary table chunk_orders on commit drop as
select
    row_number() over ()::int as order_no, customer_no, day, amount, deal_amount, margin_amount,
    product_ids, quantity_thousandths, amounts
from chunk_customers
join orders using (customer_id)
where orders.customer_id >= :customers_from
    and (cast(:customers_to as uuid) is null or orders.customer_id < :customers_to)
    and day < :as_of and (cancelled_on is null or cancelled_on >= :as_of)
    and currency = :currency
