-- The metrics of the chunk's customers, those without an order too. A refund counts on its own day, unless its order
-- is cancelled and so counts no more.
insert into run_metrics (
    run_id, customer_id, order_count, revenue_amount, margin_amount, recency_days, tenure_days, purchase_days,
    spend_w0_amount, spend_w1_amount, ordered_w1, recent_amount, gross_amount, deal_amount
)
with bought as (
    select
        customer_no,
        count(*) as order_count,
        sum(amount)::bigint as amount,
        case when count(margin_amount) = count(*) then sum(margin_amount)::bigint end as margin_amount,
        :as_of - max(day) as recency_days,
        :as_of - min(day) as tenure_days,
        count(distinct day)::int as purchase_days,
        sum(amount) filter (where day >= :as_of - :window_days)::bigint as w0_amount,
        sum(amount) filter (where day >= :as_of - 2 * :window_days and day < :as_of - :window_days)::bigint as w1_amount,
        bool_or(day >= :as_of - 2 * :window_days and day < :as_of - :window_days) as ordered_w1,
        sum(amount) filter (where day >= :as_of - :recent_days)::bigint as recent_amount,
        sum(deal_amount)::bigint as deal_amount
    from chunk_orders
    group by customer_no
), refunded as (
    select
        chunk_customers.customer_no,
        sum(refunds.amount)::bigint as amount,
        sum(refunds.amount) filter (where refunds.day >= :as_of - :window_days)::bigint as w0_amount,
        sum(refunds.amount) filter (
            where refunds.day >= :as_of - 2 * :window_days and refunds.day < :as_of - :window_days
        )::bigint as w1_amount,
        sum(refunds.amount) filter (where refunds.day >= :as_of - :recent_days)::bigint as recent_amount
    from chunk_customers
    join refunds using (customer_id)
    left join orders using (customer_id, order_id)
    where refunds.day < :as_of and refunds.currency = :currency
        and (orders.cancelled_on is null or orders.cancelled_on >= :as_of)
    group by chunk_customers.customer_no
)
select
    :run_id, customer_id, coalesce(bought.order_count, 0),
    coalesce(bought.amount, 0) - coalesce(refunded.amount, 0),
    bought.margin_amount - coalesce(refunded.amount, 0),
    bought.recency_days, bought.tenure_days, coalesce(bought.purchase_days, 0),
    coalesce(bought.w0_amount, 0) - coalesce(refunded.w0_amount, 0),
    coalesce(bought.w1_amount, 0) - coalesce(refunded.w1_amount, 0),
    coalesce(bought.ordered_w1, false),
    coalesce(bought.recent_amount, 0) - coalesce(refunded.recent_amount, 0),
    coalesce(bought.amount, 0), coalesce(bought.deal_amount, 0)
from chunk_customers
left join bought using (customer_no)
left join refunded using (customer_no)
