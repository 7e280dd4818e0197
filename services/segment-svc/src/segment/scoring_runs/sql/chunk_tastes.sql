-- What the chunk's customers like: whose brands in each category, and the product types each most likely buys next.
-- One statement, because its lines and affinities then stay in memory: temporary tables took half as long again.
with lines as materialized (
    -- Lines with what the catalogue knows of their products; those without quantity say nothing of taste.
    select
        line.order_no, line.customer_no, line.day, line.product_id, line.quantity_thousandths as units,
        product.product_type, product.product_category, product.brand, line.amount > 0 and product.is_good as is_good
    from (
        select
            order_no, customer_no, day, unnest(product_ids) as product_id,
            unnest(quantity_thousandths) as quantity_thousandths, unnest(amounts) as amount
        from chunk_orders
    ) as line
    join (
        select
            product_id, product_type, product_category, brand,
            product_type is not null
                and coalesce(department, '') <> all (cast(:excluded_departments as text[]))
                and coalesce(product_category, '') <> all (cast(:excluded_categories as text[])) as is_good
        from products
        offset 0 -- so that is_good is found once a product, not once a line
    ) as product using (product_id)
    where line.quantity_thousandths > 0
), category_days as (
    -- By day first, because counting distinct days would sort all lines; in float8, which sums whole thousandths as
    -- exactly as numeric and several times as fast.
    select
        customer_no, product_category, day, sum(units::float8) as units,
        sum(case when brand = 'private' then units else 0 end::float8) as private_units,
        sum(case when brand = 'national' then units else 0 end::float8) as national_units
    from lines
    where product_category is not null
    group by customer_no, product_category, day
), category_units as (
    select
        customer_no, product_category, count(*) as purchase_days, sum(units) as units,
        sum(private_units) as private_units, sum(national_units) as national_units
    from category_days
    group by customer_no, product_category
    having count(*) >= :category_days
), loyalties as (
    insert into brand_loyalty (
        customer_id, run_id, product_category, purchase_days, unit_thousandths, private_thousandths,
        national_thousandths, loyal_to
    )
    select
        customer_id, :run_id, product_category, purchase_days, units, private_units, national_units,
        case
            when 100 * private_units >= :brand_percent * units then 'store'
            when 100 * national_units >= :brand_percent * units then 'national'
            else 'switcher'
        end
    from chunk_customers
    join category_units using (customer_no)
    order by customer_id, product_category -- so that the index grows at its end
), affinities as materialized (
    -- Recency-weighted frequency: an order counts once, however many lines of the type it has. In billionths: sums of
    -- whole numbers are exact in a float8, so their order makes no difference.
    select
        customer_no, product_type, max(day) as last_day,
        sum(round(1e9 * power(0.5::float8, (:as_of - day) / cast(:half_life_days as float8)))) as score
    from (select distinct order_no, customer_no, day, product_type from lines where is_good) as item
    group by customer_no, product_type
), popularity as (
    insert into run_popularity (run_id, customers_from, product_type, weight)
    select :run_id, :customers_from, product_type, sum(score)
    from affinities
    group by product_type
), listed as (
    select * from (
        select *, row_number() over (
            partition by customer_no order by score desc, last_day desc, product_type collate "C"
        ) as rank
        from affinities
    ) as ranked
    where rank <= :list_length
), bought as (
    select customer_no, product_type, product_id, product_category, day, count(*) as line_count
    from lines
    where is_good
        and (customer_no, product_type) in (select customer_no, product_type from listed) -- "join" would hash the lines
    group by customer_no, product_type, product_id, product_category, day
), typical as (
    -- The product that stands for the type in this customer's baskets: most often bought, then last bought.
    select distinct on (customer_no, product_type) customer_no, product_type, product_id, product_category
    from bought
    group by customer_no, product_type, product_id, product_category
    order by customer_no, product_type, sum(line_count) desc, max(day) desc, product_id
), rhythm as (
    select customer_no, product_type, count(distinct day) as days, min(day) as first_day, max(day) as last_day
    from bought
    group by customer_no, product_type
)
insert into next_purchases (
    customer_id, run_id, rank, product_type, product_category, score, expected_on, typical_product_id
)
select
    customer_id, :run_id, rank, product_type, typical.product_category,
    round((score / 1e9)::numeric, 6),
    case when rhythm.days >= :rhythm_days
        then rhythm.last_day + round((rhythm.last_day - rhythm.first_day)::numeric / (rhythm.days - 1))::int
    end,
    typical.product_id
from listed
join typical using (customer_no, product_type)
join rhythm using (customer_no, product_type)
join chunk_customers using (customer_no)
