-- Whose brands a customer prefers in a category, and how much of it the customer uses beside the category's others.
insert into brand_loyalty (
    customer_id, run_id, product_category, purchase_days, unit_thousandths, private_thousandths,
    national_thousandths, loyal_to, usage
)
select
    customer_id, run_id, product_category, purchase_days, unit_thousandths, private_thousandths, national_thousandths,
    case
        when 100 * private_thousandths >= :brand_percent * unit_thousandths then 'store'
        when 100 * national_thousandths >= :brand_percent * unit_thousandths then 'national'
        else 'switcher'
    end,
    (array['low', 'mid', 'high'])[1 + 3 * (rank() over (partition by product_category order by unit_thousandths) - 1)
        / count(*) over (partition by product_category)]
from run_categories
where run_id = :run_id
order by customer_id -- so that the index grows at its end
