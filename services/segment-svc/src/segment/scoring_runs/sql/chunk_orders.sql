-- The chunk's orders that count at :as_of, numbered, since joins by a small number beat joins by two uuids.
create temporary table chunk_orders on commit drop as
select
    row_number() over ()::int as order_no, customer_id, day, amount, deal_amount, margin_amount,
    power(0.5::float8, (:as_of - day) / cast(:half_life_days as float8)) as weight,
    product_ids, quantity_thousandths, amounts
from orders
where customer_id in (select customer_id from chunk_customers)
    and customer_id >= :customers_from
    and (cast(:customers_to as uuid) is null or customer_id < :customers_to)
    and day < :as_of and (cancelled_on is null or cancelled_on >= :as_of)
    and currency = :currency
